import { shortPieces } from './audio';
import { expect, row, test } from './fixtures';

test('what is deleted can be had back for ten seconds, and then never', async ({ library: page, api, account }) => {
  const [path] = await shortPieces();
  const id = await api.upload(account, path);
  await api.reaches(account, id, 'ready');
  const piece = row(page, 'Café at Dawn');
  const remove = async () => {
    await piece.getByRole('button', { name: 'More for Café at Dawn' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await expect(piece).toBeHidden();
  };

  await remove();
  await expect.poll(() => api.status('GET', `/uploads/${id}`, account)).toBe(404);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(piece).toBeVisible();
  expect(await api.status('GET', `/uploads/${id}`, account)).toBe(200);

  const deleted = page.waitForResponse((response) => response.request().method() === 'DELETE');
  await remove();
  const { delete_at } = (await (await deleted).json()) as { delete_at: string };
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  // Then the offer goes by itself, and what is gone is gone.
  await expect(page.getByRole('button', { name: 'Undo' })).toBeHidden({ timeout: 15_000 });
  await expect.poll(() => Date.now(), { timeout: 15_000 }).toBeGreaterThan(Date.parse(delete_at));
  expect(await api.status('POST', `/uploads/${id}/restore`, account)).toBe(404);
  await page.reload();
  await expect(page.getByText('Drop your audio anywhere on this page')).toBeVisible();
});
