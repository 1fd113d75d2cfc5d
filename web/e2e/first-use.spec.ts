import { shortPieces } from './audio';
import { drop } from './drop';
import { expect, row, test } from './fixtures';
import { dock, heard, listen, plays } from './player';

test('from the first visit to the first sound', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/login$/);
  await page.getByRole('link', { name: 'Make an account' }).click();
  await page.getByLabel('Email').fill(`first-${process.pid}-${Date.now()}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('a long enough password');
  await page.getByRole('button', { name: 'Make an account' }).click();
  await expect(page.getByText('Drop your audio anywhere on this page')).toBeVisible();

  await drop(page, await shortPieces());
  // Named by what stands in the files, where something does.
  for (const name of ['Café at Dawn', 'Noon', 'evening.wav']) {
    await expect(row(page, name).getByRole('button', { name: `Play ${name}` })).toBeVisible({ timeout: 120_000 });
  }
  await expect(row(page, 'Café at Dawn')).toContainText('Ana Ruiz · Harbour');

  await page.getByRole('searchbox', { name: 'Search your library' }).fill('CAFE');
  await expect(row(page, 'Noon')).toBeHidden();
  await expect(page).toHaveURL(/q=CAFE/);
  await listen(page);
  await row(page, 'Café at Dawn').getByRole('button', { name: 'Play' }).click();
  await expect(dock(page)).toHaveAttribute('data-state', 'playing');
  await expect(dock(page)).toHaveAttribute('data-mode', 'hls');
  await plays(page, 3);
  expect(await heard(page)).toMatchObject({ trouble: [], ranges: 1 });
  await expect(dock(page).getByRole('alert')).toBeHidden();
});
