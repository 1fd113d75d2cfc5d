import { networkInterfaces } from 'node:os';
import { shortPieces } from './audio';
import { drop } from './drop';
import { expect, logIn, row, test } from './fixtures';
import { dock, plays } from './player';

/** As another machine on the same network would see this one. */
const second = Object.values(networkInterfaces())
  .flat()
  .find((address) => address && !address.internal && address.family === 'IPv4')?.address;

test('all works at another address of the machine, which is no secure context', async ({
  page,
  context,
  baseURL,
  account,
}) => {
  expect(second, 'this machine has another address').toBeDefined();
  const base = `http://${second}:${new URL(baseURL).port}`;
  await logIn(context, base, account);
  await page.goto(base);
  expect(await page.evaluate(() => [isSecureContext, 'locks' in navigator, 'randomUUID' in crypto])).toEqual([
    false,
    false,
    false,
  ]);
  await drop(page, (await shortPieces()).slice(1, 2));
  await expect(row(page, 'Noon').getByRole('button', { name: 'Play' })).toBeVisible({ timeout: 120_000 });
  await row(page, 'Noon').getByRole('button', { name: 'Play' }).click();
  await expect(dock(page)).toHaveAttribute('data-mode', 'hls');
  await plays(page, 1);

  const other = await context.newPage();
  await other.goto(base);
  await expect(row(other, 'Noon')).toBeVisible();
  await page.reload();
  await expect(row(page, 'Noon')).toBeVisible();
  await page.getByRole('button', { name: 'Account and appearance' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(other.getByRole('heading', { name: 'Log in' })).toBeVisible();
});
