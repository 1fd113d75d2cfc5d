import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import { type Account, Api } from './api';
import { Server } from './server';
import { Watch } from './watch';

interface Fixtures {
  /** Where the pages are. */
  baseURL: string;
  api: Api;
  /** What must not happen in any page of the test's browser. */
  watch: Watch;
  /** Somebody who is registered. */
  account: Account;
  /** A page with the library of `account`. */
  library: Page;
  /** Somebody with one long upload that is ready, shared by tests that only listen. */
  listener: Account;
  /** Servers with flags of their own; they end with the test. */
  serve: (...flags: string[]) => Promise<Server>;
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs.
  baseURL: async ({}, use) => use(process.env.SEGUE_E2E_URL ?? ''),
  api: async ({ baseURL }, use) => use(new Api(baseURL)),
  watch: [
    async ({ context }, use) => {
      const watch = new Watch(context);
      await use(watch);
      watch.check();
    },
    { auto: true },
  ],
  account: async ({ api }, use) => use(await api.account()),
  library: async ({ page, context, baseURL, account }, use) => {
    await logIn(context, baseURL, account);
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Library' })).toBeVisible();
    await use(page);
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  listener: async ({}, use) => use(JSON.parse(process.env.SEGUE_E2E_LISTENER ?? '{}')),
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  serve: async ({}, use) => {
    const servers: Server[] = [];
    await use(async (...flags) => {
      const server = await Server.start(...flags);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.stop()));
  },
});

/** Gives a browser the session, as after a log-in on an earlier day. */
export async function logIn(context: BrowserContext, base: string, { email, password }: Account): Promise<void> {
  const answer = await context.request.post(`${base}/api/v1/auth/login`, { data: { email, password } });
  expect(answer.status()).toBe(200);
  await context.addInitScript(() => {
    // A tab begins with an empty page, which has no storage.
    if (!location.protocol.startsWith('http')) return;
    // Once for each tab: what the page itself takes away stays away.
    if (sessionStorage.getItem('e2e') !== null) return;
    sessionStorage.setItem('e2e', 'begun');
    localStorage.setItem('segue.session', 'in');
  });
}

/** The row of an upload, by its name. */
export function row(page: Page, name: string) {
  return page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').filter({ hasText: name });
}

export { expect };
