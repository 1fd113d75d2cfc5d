import type { Page } from '@playwright/test';

export interface Speed {
  /** In bits per second. */
  down?: number;
  up?: number;
  isOffline?: boolean;
}

/** Makes a page's network so slow, by the browser's own means; without figures it is as fast as it is. */
export async function throttle(page: Page): Promise<(speed: Speed) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  return async ({ down, up, isOffline = false }) => {
    await session.send('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: down === undefined ? -1 : down / 8,
      uploadThroughput: up === undefined ? -1 : up / 8,
    });
  };
}
