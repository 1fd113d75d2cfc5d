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

  await remove();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  // Then the offer goes by itself, and what is gone is gone.
  await expect(page.getByRole('button', { name: 'Undo' })).toBeHidden({ timeout: 15_000 });
  await expect.poll(() => api.status('POST', `/uploads/${id}/restore`, account), { timeout: 15_000 }).toBe(404);
  await page.reload();
  await expect(page.getByText('Drop your audio anywhere on this page')).toBeVisible();
});
