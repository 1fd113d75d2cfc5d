import type { Page, Request } from '@playwright/test';

export interface Put {
  part: number;
  length: number;
  /** Whether the bucket had all of it. */
  isDone: boolean;
}

/** What this page sends to the bucket, in order, until it is told to stop looking. */
export function puts(page: Page): { sent: Put[]; stop: () => void } {
  const sent: Put[] = [];
  const of = new Map<Request, Put>();
  const begun = (request: Request) => {
    if (request.method() !== 'PUT') return;
    const part = Number(new URL(request.url()).searchParams.get('partNumber') ?? 0);
    const put = { part, length: 0, isDone: false };
    of.set(request, put);
    sent.push(put);
  };
  page.on('request', begun);
  page.on('requestfinished', async (request) => {
    const put = of.get(request);
    if (!put) return;
    const response = await request.response();
    put.length = Number((await request.allHeaders())['content-length']);
    put.isDone = response?.ok() ?? false;
  });
  return { sent, stop: () => page.off('request', begun) };
}

/** What the bucket had all of. */
export const done = (sent: readonly Put[]) => sent.filter(({ isDone }) => isDone);
/** What the tray says of a file. */
export const transfer = (page: Page, state: string) => page.locator(`[data-transfer-state=${state}]`);
