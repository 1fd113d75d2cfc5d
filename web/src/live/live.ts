import { queries } from '../app/queries';
import { followUser, userId } from '../session/user';
import { applyUploads } from './cache';
import { type Connection, keepConnected } from './connection';
import { leadByBeats, leadByLock } from './leader';
import { pollUnfinished } from './polling';
import { type Heard, SILENCE_MS } from './stream';
import { type Message, openTabs } from './tabs';

const POLL_MS = 10_000;
const POLL_DEADLINE_MS = 9_000;
/** Signs of life are 15 s apart. Who hears none for longer slept, or nobody led: changes may have been missed. */
const MISSED_MS = 30_000;
/** The first list is asked for a little before the stream. By the clock here, which may be wrong: then more is told. */
const BEFORE_MS = 10_000;

/** Follows what changes in the library of whoever is logged in; returns how to end it. */
export function followUploads(): () => void {
  const begin = (user: string | undefined) => (user === undefined ? () => {} : followAs(user));
  let end = begin(userId());
  const forget = followUser((user) => {
    end();
    end = begin(user);
  });
  return () => {
    forget();
    end();
  };
}

/** One stream for all tabs of the browser; without any, the one that is looked at asks every now and then. */
function followAs(user: string): () => void {
  const tabs = openTabs();
  const ended = new AbortController();
  const began = Date.now();
  let connection: Connection | undefined;
  let heardAt: number | undefined;
  let lastId: number | undefined;
  let isLost = false;
  let isPolling = false;

  const take = (heard: Heard, isGap: boolean) => {
    const now = Date.now();
    const wasAway = heardAt !== undefined && now - heardAt > MISSED_MS;
    heardAt = now;
    isLost = false;
    if (heard.lastId !== undefined) lastId = Math.max(lastId ?? 0, heard.lastId);
    if (heard.uploads.length > 0) applyUploads(heard.uploads);
    if (isGap || wasAway) void queries.invalidateQueries({ queryKey: ['library'] });
  };

  const lead = () => {
    const led = keepConnected({
      since: () => lastId ?? began - BEFORE_MS,
      onHeard: (heard, isGap) => {
        take(heard, isGap);
        tabs?.post({ kind: 'heard', user, ...heard, isGap });
      },
      onLost: () => {
        isLost = true;
        tabs?.post({ kind: 'lost', user });
      },
    });
    connection = led;
    return () => {
      connection = undefined;
      led.stop();
    };
  };

  const poll = () => {
    const hasStream = !isLost && Date.now() - (heardAt ?? began) <= SILENCE_MS;
    if (hasStream || isPolling || document.visibilityState === 'hidden') return;
    isPolling = true;
    pollUnfinished(AbortSignal.any([ended.signal, AbortSignal.timeout(POLL_DEADLINE_MS)]))
      .catch(() => {
        // The next time, perhaps.
      })
      .finally(() => {
        isPolling = false;
      });
  };

  const check = (isForced: boolean) => {
    if (connection) connection.check(isForced);
    else tabs?.post({ kind: 'check', isForced });
    poll();
  };
  const onVisible = () => document.visibilityState === 'visible' && check(false);
  const onOnline = () => check(true);
  // From where a browser keeps pages that one may come back to: meanwhile it heard nothing.
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    void queries.invalidateQueries({ queryKey: ['library'] });
    check(false);
  };

  const receive = (message: Message) => {
    if (message.kind === 'heard' && message.user === user) take(message, message.isGap);
    if (message.kind === 'lost' && message.user === user) isLost = true;
    if (message.kind === 'check' && connection) {
      connection.check(message.isForced);
      if (!isLost && Date.now() - (heardAt ?? 0) <= MISSED_MS)
        tabs?.post({ kind: 'heard', user, uploads: [], lastId, isGap: false });
    }
  };
  const leave = tabs?.subscribe(receive);
  const visible = () => document.visibilityState === 'visible';
  let resign: () => void;
  if (!tabs) resign = lead();
  else if (navigator.locks) resign = leadByLock(navigator.locks, lead);
  else resign = leadByBeats(tabs, lead, { isVisible: visible, chance: Math.random });
  const timer = setInterval(poll, POLL_MS);
  document.addEventListener('visibilitychange', onVisible);
  window.addEventListener('online', onOnline);
  window.addEventListener('pageshow', onShow);

  return () => {
    ended.abort();
    clearInterval(timer);
    document.removeEventListener('visibilitychange', onVisible);
    window.removeEventListener('online', onOnline);
    window.removeEventListener('pageshow', onShow);
    resign();
    leave?.();
    tabs?.close();
  };
}
