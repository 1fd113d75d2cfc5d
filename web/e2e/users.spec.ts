import { shortPieces } from './audio';
import { expect, row, test } from './fixtures';
import { currentTime, dock, plays } from './player';

test('nothing of one user is there for another', async ({ api, account, baseURL, library: page }) => {
  const [path] = await shortPieces();
  const id = await api.upload(account, path);
  await api.reaches(account, id, 'ready');
  const stranger = await api.account('stranger');
  for (const [method, at, body] of [
    ['GET', ''],
    ['PATCH', '', { title: 'mine' }],
    ['DELETE', ''],
    ['POST', '/playback'],
    ['POST', '/retry'],
    ['POST', '/restore'],
    ['POST', '/cancel'],
    ['POST', '/complete'],
    ['POST', '/parts', { numbers: [] }],
  ] as const) {
    expect(await api.status(method, `/uploads/${id}${at}`, stranger, body), `${method} ${at}`).toBe(404);
  }

  await page.getByRole('searchbox').fill('dawn');
  await row(page, 'Café at Dawn').getByRole('button', { name: 'Play' }).click();
  await plays(page, 1);
  await page.getByRole('button', { name: 'Account and appearance' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  // Not even what was searched for.
  expect(page.url()).toBe(`${baseURL}/login`);

  await page.getByLabel('Email').fill(stranger.email);
  await page.getByLabel('Password', { exact: true }).fill(stranger.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Drop your audio anywhere on this page')).toBeVisible();
  await expect(dock(page)).toBeHidden();
  expect(await currentTime(page)).toBe(0);
  const audio = page.locator('#segue-audio');
  await expect(audio).toHaveJSProperty('paused', true);
  await expect(audio).not.toHaveAttribute('src', /./);
  const content = await page.content();
  for (const trace of ['Café at Dawn', 'Ana Ruiz', 'morning.mp3', id, account.email]) {
    expect(content, trace).not.toContain(trace);
  }

  await page.goto('/?q=dawn');
  await expect(page.getByText('Nothing found')).toBeVisible();
});
