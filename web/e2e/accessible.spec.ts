import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { type Account, Api } from './api';
import { expect, logIn, test } from './fixtures';
import { everyState, states } from './states';

test('nothing that can be seen has a fault that axe finds', async ({ browser, serve }) => {
  test.setTimeout(400_000);
  const server = await serve('--max-workers', '1');
  const api = new Api(server.url);
  const people = { newcomer: await api.account('newcomer'), owner: await everyState(api) };
  for (const { only, ...state } of states) {
    const width = only === 'narrow' ? 390 : 1280;
    const page = await open(browser, server.url, state.who === 'nobody' ? undefined : people[state.who], width);
    await page.goto(state.path);
    await expect(page.getByRole('main')).toBeVisible();
    await state.show?.(page);
    await page.evaluate(() => document.fonts.ready);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      await expect.soft(await faults(page), `${state.name}, ${colorScheme}`).toEqual([]);
    }
    await page.context().close({ reason: 'seen' });
  }
});

async function open(browser: Browser, base: string, who: Account | undefined, width: number): Promise<Page> {
  const context = await browser.newContext({ baseURL: base, viewport: { width, height: 900 } });
  if (who) await logIn(context, base, who);
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept());
  return page;
}

/** In one line each, so that a failure can be read. */
async function faults(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
  );
}
