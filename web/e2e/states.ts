import { expect, type Page } from '@playwright/test';
import type { Account, Api } from './api';
import { noAudio, piece, shortPieces } from './audio';
import { row } from './fixtures';
import { throttle } from './network';
import { dock } from './player';

/** Something that can be seen of the app. */
export interface State {
  name: string;
  /** Who looks at it: nobody who is logged in, somebody without any uploads, or somebody with some in every state. */
  who: 'nobody' | 'newcomer' | 'owner';
  path: string;
  /** What leads there; the page is opened at the path already. */
  show?: (page: Page) => Promise<void>;
  /** Not everything is there on a telephone, or on a wide screen. */
  only?: 'narrow' | 'wide';
}

/** One upload in each state, on a server with one worker. Those that are being processed take a few minutes. */
export async function everyState(api: Api): Promise<Account> {
  const owner = await api.account('owner');
  const broken = await api.upload(owner, await noAudio('letter.mp3'));
  const ready = await Promise.all((await shortPieces()).map((path) => api.upload(owner, path)));
  await api.reaches(owner, broken, 'failed');
  await Promise.all(ready.map((id) => api.reaches(owner, id, 'ready')));
  const concert = await piece({ file: 'concert.mp3', seconds: 900, bitRate: '64k' });
  const first = await api.upload(owner, concert);
  await api.upload(owner, concert);
  await api.reserve(owner, 'not sent yet.flac', 31_457_280);
  await api.reaches(owner, first, 'processing');
  return owner;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const play = async (page: Page) => {
  await row(page, 'Café at Dawn').getByRole('button', { name: 'Play' }).click();
  await expect(dock(page)).toHaveAttribute('data-rung', /k$/);
};
const menuOfRow = (name: string) => async (page: Page) => {
  await button(page, `More for ${name}`).click();
  await expect(page.getByRole('menu')).toBeVisible();
};
const send = async (page: Page) => {
  const slow = await throttle(page);
  await slow({ up: 400_000 });
  const letter = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('no audio') };
  const tune = { name: 'tune.wav', mimeType: 'audio/wav', buffer: Buffer.alloc(900_000) };
  await page
    .getByTestId('file-input')
    .first()
    .setInputFiles([letter, tune, { ...tune, name: 'second tune.wav' }]);
  await expect(page.getByRole('progressbar', { name: 'All files' })).toBeVisible();
};

export const states: readonly State[] = [
  { name: 'log-in', who: 'nobody', path: '/login' },
  {
    name: 'log-in-wrong',
    who: 'nobody',
    path: '/login',
    show: async (page) => {
      await button(page, 'Log in').click();
      await expect(page.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
    },
  },
  {
    name: 'register',
    who: 'nobody',
    path: '/register',
    show: (page) => expect(page.getByLabel('Email')).toBeVisible(),
  },
  {
    name: 'register-closed',
    who: 'nobody',
    path: '/login',
    show: async (page) => {
      const closed = { max_upload_bytes: 1e9, source_types: ['mp3'], registration: 'closed' };
      await page.route('**/api/v1/settings', (route) => route.fulfill({ json: closed }));
      await page.goto('/register');
      await expect(page.getByText('made by the operator')).toBeVisible();
    },
  },
  { name: 'library-empty', who: 'newcomer', path: '/' },
  { name: 'library', who: 'owner', path: '/', show: (page) => expect(row(page, 'letter.mp3')).toBeVisible() },
  {
    name: 'nothing-found',
    who: 'owner',
    path: '/?q=zzzz',
    show: (page) => expect(page.getByText('Nothing found')).toBeVisible(),
  },
  {
    name: 'selection',
    who: 'owner',
    path: '/',
    only: 'wide',
    show: async (page) => {
      await page.getByRole('checkbox', { name: 'Select Noon' }).check();
      await page.getByRole('checkbox', { name: 'Select letter.mp3' }).check();
    },
  },
  { name: 'row-menu', who: 'owner', path: '/', show: menuOfRow('letter.mp3') },
  {
    name: 'rename',
    who: 'owner',
    path: '/',
    show: async (page) => {
      await menuOfRow('Noon')(page);
      await page.getByRole('menuitem', { name: 'Rename' }).click();
      await expect(page.getByRole('dialog', { name: 'Rename' })).toBeVisible();
    },
  },
  {
    name: 'why-it-failed',
    who: 'owner',
    path: '/',
    show: async (page) => {
      await button(page, 'Why letter.mp3 failed').click();
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  { name: 'order', who: 'owner', path: '/', show: (page) => button(page, /^Order/).click() },
  {
    name: 'deleted',
    who: 'owner',
    path: '/',
    show: async (page) => {
      await page.route('**/api/v1/uploads/*', (route) =>
        route.fulfill({ json: { delete_at: '2030-01-01T00:00:00.000Z' } }),
      );
      await menuOfRow('evening.wav')(page);
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await expect(button(page, 'Undo')).toBeVisible();
    },
  },
  { name: 'sending', who: 'newcomer', path: '/', show: send },
  { name: 'player', who: 'owner', path: '/', show: play },
  {
    name: 'player-sheet',
    who: 'owner',
    path: '/',
    only: 'narrow',
    show: async (page) => {
      await play(page);
      await button(page, /^Open the player/).click();
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  {
    name: 'quality',
    who: 'owner',
    path: '/',
    only: 'wide',
    show: async (page) => {
      await play(page);
      await dock(page)
        .getByRole('button', { name: /^Quality/ })
        .click();
      await expect(page.getByRole('menuitemradio', { name: /^Auto/ })).toBeVisible();
    },
  },
  {
    name: 'queue',
    who: 'owner',
    path: '/',
    only: 'wide',
    show: async (page) => {
      await play(page);
      await dock(page).getByRole('button', { name: 'Queue' }).click();
      await expect(page.getByRole('dialog', { name: 'Queue' })).toBeVisible();
    },
  },
  {
    name: 'shortcuts',
    who: 'owner',
    path: '/',
    show: async (page) => {
      await expect(row(page, 'Noon')).toBeVisible();
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    },
  },
  {
    name: 'account-menu',
    who: 'owner',
    path: '/',
    show: async (page) => {
      await button(page, 'Account and appearance').click();
      await expect(page.getByRole('menuitem', { name: 'Log out' })).toBeVisible();
    },
  },
  {
    name: 'account',
    who: 'owner',
    path: '/account',
    show: (page) => expect(button(page, 'Change password')).toBeVisible(),
  },
  {
    name: 'delete-account',
    who: 'owner',
    path: '/account',
    show: async (page) => {
      await button(page, 'Delete account…').click();
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  {
    name: 'library-unreachable',
    who: 'owner',
    path: '/account',
    show: async (page) => {
      const down = { status: 400, json: { status: 400, code: 'bad_request', detail: 'the test says no' } };
      await page.route(/\/api\/v1\/uploads\?/, (route) => route.fulfill(down));
      await page.getByRole('link', { name: 'Segue: your library' }).click();
      await expect(page.getByRole('alert')).toContainText('cannot be shown');
    },
  },
  { name: 'no-such-page', who: 'newcomer', path: '/nowhere' },
];
