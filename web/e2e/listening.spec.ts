import type { Page } from '@playwright/test';
import type { Account } from './api';
import { expect, logIn, row, test } from './fixtures';
import { throttle } from './network';
import { currentTime, dock, heard, listen, plays, segments } from './player';

const KB = 1000;

async function playTheLongOne(page: Page, base: string, account: Account): Promise<void> {
  await logIn(page.context(), base, account);
  await page.goto('/');
  await expect(row(page, 'The Long One').getByRole('button', { name: 'Play' })).toBeVisible({ timeout: 120_000 });
  await listen(page);
  await row(page, 'The Long One').getByRole('button', { name: 'Play' }).click();
  await expect(dock(page)).toHaveAttribute('data-state', 'playing');
}

test('the rung follows the network down and up again, and nobody hears it stall', async ({
  page,
  baseURL,
  listener,
}) => {
  test.setTimeout(300_000);
  const slow = await throttle(page);
  const asked = segments(page);
  await playTheLongOne(page, baseURL, listener);
  await expect(dock(page)).toHaveAttribute('data-rung', '256k', { timeout: 30_000 });

  await slow({ down: 120 * KB });
  // As it is heard, which is a whole buffer later than it is loaded.
  await expect(dock(page)).toHaveAttribute('data-rung', /^(64|128)k$/, { timeout: 120_000 });
  expect(asked.map(({ rung }) => rung)).toContain('64k');

  await slow({});
  await expect(dock(page)).toHaveAttribute('data-rung', '256k', { timeout: 120_000 });

  const { trouble, ranges, played, passed } = await heard(page);
  expect(trouble).toEqual([]);
  expect(ranges).toBe(1);
  // The clock of the audio went on all the time.
  expect(passed - played).toBeLessThan(0.5);
});

test('a rung that is fixed is the only one from then on', async ({ page, baseURL, listener }) => {
  const asked = segments(page);
  await playTheLongOne(page, baseURL, listener);
  await expect(dock(page)).toHaveAttribute('data-rung', /k$/);
  await plays(page, 1);

  await dock(page)
    .getByRole('button', { name: /^Quality/ })
    .click();
  await page.getByRole('menuitemradio', { name: /^64k/ }).click();
  await expect(dock(page).getByRole('button', { name: 'Quality: 64k' })).toBeVisible();
  // Far away from what is buffered, so that there is something to load.
  const before = asked.length;
  await dock(page).getByRole('slider', { name: 'Position' }).first().fill('100');
  await expect(dock(page)).toHaveAttribute('data-rung', '64k');
  await expect.poll(() => asked.slice(before).length).toBeGreaterThan(2);
  expect(new Set(asked.slice(before).map(({ rung }) => rung))).toEqual(new Set(['64k']));
  await expect.poll(() => currentTime(page)).toBeGreaterThan(101);

  await page.reload();
  await row(page, 'The Long One').getByRole('button', { name: 'Play' }).click();
  await expect(dock(page).getByRole('button', { name: 'Quality: 64k' })).toBeVisible();
});
