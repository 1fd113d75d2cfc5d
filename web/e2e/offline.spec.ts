import { piece, shortPieces } from './audio';
import { expect, row, test } from './fixtures';
import { throttle } from './network';
import { puts, transfer } from './puts';

const MB = 1_000_000;

test('a network that goes and comes back stops nothing for good', async ({ library: page, api, account, watch }) => {
  watch.expect(/^net::ERR_INTERNET_DISCONNECTED /, /^net::ERR_NETWORK_CHANGED /);
  const [short] = await shortPieces();
  const known = await api.upload(account, short);
  await expect(row(page, 'morning.mp3').or(row(page, 'Café at Dawn'))).toBeVisible();

  const path = await piece({ file: 'middle.wav', seconds: 120 });
  const { sent } = puts(page);
  const network = await throttle(page);
  await network({ up: 8 * 4 * MB });
  await page.getByTestId('file-input').first().setInputFiles(path);
  await expect.poll(() => sent.length).toBeGreaterThan(0);
  await network({ isOffline: true });
  await expect(transfer(page, 'offline')).toContainText('middle.wav', { timeout: 20_000 });
  // What happens meanwhile is not seen,
  await api.rename(account, known, 'Named in the dark');
  await network({});
  // but as soon as the network is back.
  await expect(row(page, 'Named in the dark')).toBeVisible({ timeout: 30_000 });
  await expect(transfer(page, 'sent')).toContainText('middle.wav', { timeout: 120_000 });
  await api.rename(account, known, 'Named in the light');
  await expect(row(page, 'Named in the light')).toBeVisible();
  const [upload] = (await api.list(account)).filter(({ filename }) => filename === 'middle.wav');
  await api.cancel(account, upload?.id ?? '');
});
