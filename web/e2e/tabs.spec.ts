import type { Page, Request } from '@playwright/test';
import { shortPieces } from './audio';
import { expect, row, test } from './fixtures';

const TABS = 8;

test('eight tabs share one stream and one login', async ({ library, context, api, account }) => {
  let refreshes = 0;
  const id = (url: string) => new URL(url).pathname;
  const open = new Set<Request>();
  context.on('request', (request) => {
    if (id(request.url()) === '/api/v1/auth/refresh') refreshes += 1;
    if (id(request.url()) === '/api/v1/events') open.add(request);
  });
  context.on('requestfinished', (request) => open.delete(request));
  context.on('requestfailed', (request) => open.delete(request));
  // Of a page that is closed nobody hears how its requests end.
  const streams = () => [...open].filter((request) => !request.frame().page().isClosed()).length;

  // The clock of the tabs is moved on later, past the end of their token.
  await context.addInitScript(() => {
    const real = Date.now.bind(Date);
    Object.assign(window, { later: 0 });
    Date.now = () => real() + (window as unknown as { later: number }).later;
  });
  const [path] = await shortPieces();
  const upload = await api.upload(account, path);
  await api.reaches(account, upload, 'ready');
  await library.reload();
  const others = await Promise.all(
    Array.from({ length: TABS - 1 }, async () => {
      const tab = await context.newPage();
      await tab.goto('/');
      return tab;
    }),
  );
  const tabs = [library, ...others];
  await each(tabs, (tab) => expect(row(tab, 'Café at Dawn')).toBeVisible());
  await expect.poll(streams).toBe(1);

  await api.rename(account, upload, 'Seen by all');
  await each(tabs, (tab) => expect(row(tab, 'Seen by all')).toBeVisible());

  const before = refreshes;
  await each(tabs, (tab) => tab.evaluate(() => Object.assign(window, { later: 15 * 60_000 })));
  await each(tabs, async (tab) => {
    await tab.getByRole('searchbox').fill('seen');
    await expect(tab).toHaveURL(/q=seen/);
    await expect(row(tab, 'Seen by all')).toBeVisible();
  });
  await expect.poll(() => refreshes).toBeGreaterThan(before);
  expect(refreshes - before).toBeLessThan(TABS);

  // Whoever leads is closed: another one takes the stream over.
  await library.close();
  await api.rename(account, upload, 'Seen by the rest');
  await each(others, (tab) => expect(row(tab, 'Seen by the rest')).toBeVisible({ timeout: 20_000 }));
  await expect.poll(streams).toBe(1);

  const [one] = others;
  await one?.getByRole('button', { name: 'Account and appearance' }).click();
  await one?.getByRole('menuitem', { name: 'Log out' }).click();
  await each(others, (tab) => expect(tab.getByRole('heading', { name: 'Log in' })).toBeVisible());
  await each(others, (tab) => expect(tab.getByText('Your session is over')).toBeHidden());
});

async function each(tabs: readonly Page[], act: (tab: Page) => Promise<unknown>): Promise<void> {
  await Promise.all(tabs.map(act));
}
