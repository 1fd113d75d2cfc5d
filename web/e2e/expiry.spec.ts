import { Api } from './api';
import { longPiece } from './audio';
import { expect, logIn, row, test } from './fixtures';
import { currentTime, dock, heard, listen, plays, segments } from './player';

test('playing goes on past the end of the URLs that it began with', async ({ page, serve, watch }) => {
  test.setTimeout(300_000);
  const server = await serve('--playback-lifetime', '10s', '--max-workers', '1');
  const api = new Api(server.url);
  const account = await api.account();
  await api.reaches(account, await api.upload(account, await longPiece()), 'ready');
  // A URL that has run out is refused once, and asked for anew.
  watch.expect(/^403 GET /);

  const asked = segments(page);
  let urls = 0;
  page.on('response', (response) => {
    if (response.request().method() === 'POST' && response.url().endsWith('/playback') && response.ok()) urls += 1;
  });
  await logIn(page.context(), server.url, account);
  await page.goto(server.url);
  await expect(row(page, 'The Long One')).toBeVisible();
  await listen(page);
  await row(page, 'The Long One').getByRole('button', { name: 'Play' }).click();
  await expect(dock(page)).toHaveAttribute('data-state', 'playing');
  await plays(page, 14);
  expect((await heard(page)).trouble).toEqual([]);
  expect(urls).toBeGreaterThan(1);

  // Another rung, and another place, both long after the first URLs.
  await dock(page)
    .getByRole('button', { name: /^Quality/ })
    .click();
  await page.getByRole('menuitemradio', { name: /^128k/ }).click();
  await dock(page).getByRole('slider', { name: 'Position' }).first().fill('110');
  await expect(dock(page)).toHaveAttribute('data-rung', '128k', { timeout: 20_000 });
  await expect.poll(() => currentTime(page), { timeout: 20_000 }).toBeGreaterThan(112);
  expect(asked.at(-1)?.rung).toBe('128k');
  await expect(dock(page).getByRole('alert')).toBeHidden();
  // Its server goes before it does.
  await page.goto('about:blank');
});
