import type { FileChooser } from '@playwright/test';
import { piece } from './audio';
import { expect, test } from './fixtures';
import { throttle } from './network';
import { done, puts, transfer } from './puts';

const MB = 1_000_000;
const PART = 8 * 1024 * 1024;

test('what was sent before a reload is not sent again', async ({ library: page, api, account }) => {
  const path = await piece({ file: 'large.wav', seconds: 340 });
  const size = 340 * 44_100 * 4;
  const parts = Math.ceil(size / PART);
  page.on('dialog', (dialog) => {
    expect(dialog.type()).toBe('beforeunload');
    void dialog.accept();
  });
  // Long before it opens: the browser has to be told to give it to us.
  const choosing = new Promise<FileChooser>((resolve) => page.once('filechooser', resolve));
  const first = puts(page);
  const slow = await throttle(page);
  await slow({ up: 8 * 6 * MB });
  await page.getByTestId('file-input').first().setInputFiles(path);
  await expect.poll(() => done(first.sent).length).toBeGreaterThan(1);
  await page.reload();
  first.stop();

  await expect(transfer(page, 'unfinished')).toContainText('large.wav');
  const second = puts(page);
  await slow({});
  await page.getByRole('button', { name: 'Choose' }).click();
  await (await choosing).setFiles(path);
  await expect(transfer(page, 'sent')).toContainText('large.wav', { timeout: 60_000 });

  const kept = done(first.sent).map(({ part }) => part);
  expect(kept.length).toBeLessThan(parts);
  await expect.poll(() => second.sent.every(({ isDone }) => isDone)).toBe(true);
  expect(second.sent.filter(({ part }) => kept.includes(part))).toEqual([]);
  // Nothing of the file went twice; the header of its format is not counted above.
  const bytes = [...done(first.sent), ...done(second.sent)].reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeLessThan(size + 1000);

  // Not to keep the machine busy with what nobody waits for.
  const [upload] = (await api.list(account)).filter(({ filename }) => filename === 'large.wav');
  expect(['queued', 'processing']).toContain(upload?.state);
  await api.cancel(account, upload?.id ?? '');
});
