import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from './api';
import { expect, logIn, test } from './fixtures';
import { everyState, states } from './states';

const FOLDER = process.env.SEGUE_SCREENS ?? '';

/** Not a test: makes a picture of everything that can be seen, as `SEGUE_SCREENS=/some/folder npm run e2e`. */
test('pictures of all that can be seen', async ({ browser, serve }) => {
  test.setTimeout(600_000);
  expect(FOLDER).not.toBe('');
  await mkdir(FOLDER, { recursive: true });
  const server = await serve('--max-workers', '1');
  const api = new Api(server.url);
  const people = { newcomer: await api.account('newcomer'), owner: await everyState(api) };
  for (const { name, who, path, show, only } of states) {
    for (const width of [390, 1440]) {
      if (only === (width === 390 ? 'wide' : 'narrow')) continue;
      for (const colorScheme of ['light', 'dark'] as const) {
        const viewport = { width, height: width === 390 ? 844 : 900 };
        const context = await browser.newContext({
          baseURL: server.url,
          viewport,
          colorScheme,
          reducedMotion: 'reduce',
        });
        if (who !== 'nobody') await logIn(context, server.url, people[who]);
        const page = await context.newPage();
        page.on('dialog', (dialog) => void dialog.accept());
        await page.goto(path);
        await show?.(page);
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: join(FOLDER, `${name}-${width}-${colorScheme}.png`) });
        await context.close();
      }
    }
  }
});
