import { expect, test } from './fixtures';
import { puts } from './puts';

test('what cannot be taken is said before a byte is sent', async ({ library: page }) => {
  const { sent } = puts(page);
  let reserved = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/uploads')) reserved += 1;
  });
  await page
    .getByTestId('file-input')
    .first()
    .setInputFiles({
      name: 'letter.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('no audio'),
    });
  await expect(page.getByRole('alert')).toContainText('letter.txt');
  expect(sent).toEqual([]);
  expect(reserved).toBe(0);
});
