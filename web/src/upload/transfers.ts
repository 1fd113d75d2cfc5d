import { useCallback, useSyncExternalStore } from 'react';
import { settingsQuery } from '../api/settings';
import { queries } from '../app/queries';
import { applyUpload, followChanges, removeUpload } from '../live/cache';
import { session } from '../session/session';
import { userId } from '../session/user';
import { toast } from '../ui/toasts';
import { Connection } from './connection';
import { Dispatcher } from './dispatcher';
import { Intake } from './intake';
import { Memory } from './memory';
import { pause } from './pause';
import type { Limits } from './refusals';
import type { Overview } from './roster';
import { server } from './server';
import { Tabs } from './tabs';
import { isUnderWay, type Transfer } from './transfer';
import type { World } from './world';

/** Nobody waits longer to see their files in the tray; what is not known by then is left to the server. */
const LIMITS_MS = 4_000;

const connection = new Connection();
const world: World = {
  server,
  // Loaded when the first file is sent: most visits send none.
  transport: async () => (await import('./uppy')).send,
  connection,
  memory: new Memory(),
  tabs: new Tabs(() => intake.othersChanged()),
  limits,
  userId,
  now: () => performance.now(),
  pause,
  onUpload: applyUpload,
  onDiscarded: removeUpload,
  onNotDiscarded: (filename, { message }) => {
    toast(`${filename} is still in your library. ${message}`, { tone: 'danger' });
  },
};
const dispatcher = new Dispatcher(world);
const intake = new Intake(world, dispatcher);
const { roster } = dispatcher;

/** The files that this page sends to the library. They live as long as the page, whatever is shown of it. */
export const transfers = {
  /** Takes files on, or goes on with those that were begun earlier. */
  add: (files: readonly File[]): void => void intake.add(files),
  lookBack: (): void => void intake.lookBack(),
  pause: (key: string): void => dispatcher.pause(key),
  resume: (key: string): void => dispatcher.resume(key),
  cancel: (key: string): void => void dispatcher.cancel(key),
  pauseAll: (): void => each(({ key }) => dispatcher.pause(key)),
  resumeAll: (): void => each(({ key, state }) => state === 'paused' && dispatcher.resume(key, false)),
  retryAll: (): void => each(({ key, state }) => state === 'failed' && dispatcher.resume(key, false)),
  cancelAll: (): void => each(({ key, state }) => isUnfinished(state) && void dispatcher.cancel(key)),
  /** Takes off the list what nothing more happens to by itself. What is unfinished is asked for on the next visit. */
  clear: (): void => {
    roster.refuse([]);
    each(({ key, state }) => !isUnfinished(state) && dispatcher.drop(key));
  },
  dismissRefusals: (): void => roster.refuse([]),
  /** Does not wait for the next look whether the server is there. */
  tryNow: connection.tryNow,
};

/** All of them, as the tray shows it. */
export function useTransfers(): Overview {
  return useSyncExternalStore(roster.subscribe, roster.overview);
}

/** The sending of an upload by this page, if it does send it. */
export function useTransfer(uploadId: string | undefined): Transfer | undefined {
  const get = useCallback(() => (uploadId === undefined ? undefined : roster.ofUpload(uploadId)), [uploadId]);
  return useSyncExternalStore(roster.subscribe, get);
}

function each(act: (transfer: Transfer) => unknown): void {
  for (const transfer of [...roster.all()]) act(transfer);
}

function isUnfinished(state: Transfer['state']): boolean {
  return isUnderWay(state) || state === 'paused';
}

async function limits(): Promise<Limits> {
  const asked = queries.fetchQuery(settingsQuery).catch(() => undefined);
  const settings = await Promise.race([asked, new Promise<undefined>((resolve) => setTimeout(resolve, LIMITS_MS))]);
  return { maxUploadBytes: settings?.max_upload_bytes, sourceTypes: settings?.source_types };
}

// From here on: what goes on in the page and concerns transfers. As the transfers, it is for the life of the page.

session.subscribe(() => {
  const { state } = session;
  if (state.status === 'in') {
    dispatcher.own(state.user.id);
    dispatcher.pump();
    return;
  }
  intake.forgetLook();
  dispatcher.hold();
  // Whose session ran out logs in again and goes on; who logs out is done here.
  if (state.status === 'out' && !state.isExpired) dispatcher.own(undefined);
});

followChanges((changes) => {
  for (const { after } of changes) {
    const { id, state, failure, delete_at } = after;
    if (state === 'deleting' || delete_at !== null || failure?.code === 'cancelled') dispatcher.endedElsewhere(id);
    else if (state === 'failed') dispatcher.endedElsewhere(id, failure?.message ?? 'It was given up.');
  }
});

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

let isAsking = false;
roster.subscribe(() => {
  const { waiting, sending, finishing, offline } = roster.overview().counts;
  const isBusy = waiting + sending + finishing + offline > 0;
  if (isBusy === isAsking) return;
  isAsking = isBusy;
  // Only then: a page that always listens is not kept for the way back.
  if (isBusy) globalThis.addEventListener('beforeunload', ask);
  else globalThis.removeEventListener('beforeunload', ask);
});

// The browser knows first. The requests under way would only fail one by one.
globalThis.addEventListener('offline', () => {
  if (isAsking) void connection.check();
});
