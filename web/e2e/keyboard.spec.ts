import type { FileChooser } from '@playwright/test';
import { shortPieces } from './audio';
import { expect, row, test } from './fixtures';
import { chooseInMenu, keepsFocus, tabTo } from './keyboard';
import { currentTime, dock, plays } from './player';

test('all can be done by keyboard, and the focus is always seen', async ({ page }) => {
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  // From the beginning on: a dialog that opens before the browser is told to give it to us is nobody's.
  const choosing = new Promise<FileChooser>((resolve) => page.once('filechooser', resolve));
  await page.goto('/login');
  await tabTo(page, 'Make an account');
  await press('Enter');
  await expect(page.getByLabel('Email')).toBeFocused();
  await page.keyboard.type(`keys-${process.pid}-${Date.now()}@example.com`);
  await tabTo(page, 'Password');
  await page.keyboard.type('long enough');
  await press('Enter');
  await expect(page.getByRole('heading', { name: 'Library' })).toBeVisible();

  await tabTo(page, 'Skip to content');
  await tabTo(page, 'Upload');
  await press('Enter');
  await (await choosing).setFiles((await shortPieces()).slice(0, 2));
  await keepsFocus(page, /Upload/);
  for (const name of ['Café at Dawn', 'Noon']) {
    await expect(row(page, name).getByRole('button', { name: 'Play' })).toBeVisible({ timeout: 120_000 });
  }

  await press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('noon');
  await expect(row(page, 'Café at Dawn')).toBeHidden();
  await press('Control+a', 'Delete');
  await expect(row(page, 'Café at Dawn')).toBeVisible();

  await tabTo(page, 'Play Café at Dawn');
  await press('Enter');
  await expect(dock(page)).toHaveAttribute('data-state', 'playing');
  await keepsFocus(page, /Café at Dawn/);
  await press('k');
  await expect(dock(page)).toHaveAttribute('data-state', 'paused');

  await tabTo(page, 'Position');
  const before = await currentTime(page);
  await press('ArrowRight');
  await expect.poll(() => currentTime(page)).toBeGreaterThan(before + 4);
  await tabTo(page, /^Quality/);
  await press('Enter');
  await chooseInMenu(page, /^128k/);
  await keepsFocus(page, /^Quality: 128k/);
  await press('k');
  await plays(page, 1);
  await press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await press('Escape');
  await keepsFocus(page, /^Quality/);

  await tabTo(page, 'More for Noon', 'Shift+Tab');
  await press('Enter');
  await chooseInMenu(page, /^Rename/);
  await expect(page.getByLabel('Title')).toBeFocused();
  await press('Control+a');
  await page.keyboard.type('High Noon');
  await press('Enter');
  await expect(row(page, 'High Noon')).toBeVisible();
  await keepsFocus(page, /More for High Noon/);

  await press('Enter');
  await chooseInMenu(page, /^Delete/);
  await expect(row(page, 'High Noon')).toBeHidden();
  await keepsFocus(page);
  await press('Control+z');
  await expect(row(page, 'High Noon')).toBeVisible();
  await keepsFocus(page);

  await tabTo(page, 'Account and appearance', 'Shift+Tab');
  await press('Enter');
  await chooseInMenu(page, /^Dark/);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await keepsFocus(page, /Account and appearance/);
  await press('Enter');
  await chooseInMenu(page, /^Account/);
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
  await tabTo(page, 'Delete account…');
  await press('Enter');
  await expect(page.getByLabel('Your password')).toBeFocused();
  await press('Escape');
  await keepsFocus(page, /Delete account/);
});
