import type { Tabs } from './tabs';

/** Begins what only one tab does; returns how to end it. */
export type Lead = () => () => void;

const LOCK = 'segue.live';

/** This tab leads for as long as it holds the lock, and another has it as soon as this one is closed. */
export function leadByLock(locks: Pick<LockManager, 'request'>, lead: Lead): () => void {
  const waiting = new AbortController();
  let release = () => {};
  const hold = () =>
    new Promise<void>((resolve) => {
      const end = lead();
      release = () => {
        end();
        resolve();
      };
    });
  locks.request(LOCK, { signal: waiting.signal }, hold).catch(() => {
    // It was not wanted any more.
  });
  return () => {
    waiting.abort();
    release();
  };
}

/** How often the leader says so. */
const BEAT_MS = 2_000;
/** A leader that says nothing for so long is gone, or sleeps. */
const PATIENCE_MS = 6_000;
/** How long a tab that comes waits for the one that may lead. */
const FIRST_MS = 400;

interface Surroundings {
  isVisible: () => boolean;
  chance: () => number;
}

/**
 * For pages on plain http, which have no locks. The leader says so again and again; who hears of none, leads. Of two
 * leaders the one that is looked at goes on, since a tab that is not may sleep.
 */
export function leadByBeats(tabs: Tabs, lead: Lead, { isVisible, chance }: Surroundings): () => void {
  const tab = String(chance());
  let end: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout>;

  const wait = (milliseconds: number) => {
    clearTimeout(timer);
    // Not all at once, when a leader leaves.
    timer = setTimeout(begin, milliseconds * (1 + chance() / 2));
  };
  const begin = () => {
    end = lead();
    beat();
  };
  const beat = () => {
    tabs.post({ kind: 'leads', tab, isVisible: isVisible() });
    clearTimeout(timer);
    timer = setTimeout(beat, BEAT_MS);
  };
  const resign = () => {
    end?.();
    end = undefined;
  };

  const forget = tabs.subscribe((message) => {
    if (message.kind === 'leads') {
      const isBetter = message.isVisible === isVisible() ? message.tab < tab : message.isVisible;
      if (end && !isBetter) return beat();
      resign();
      wait(PATIENCE_MS);
    } else if (message.kind === 'asks' && end) {
      beat();
    } else if (message.kind === 'leaves' && !end) {
      wait(FIRST_MS);
    }
  });
  wait(FIRST_MS);
  tabs.post({ kind: 'asks' });

  return () => {
    forget();
    clearTimeout(timer);
    if (end) tabs.post({ kind: 'leaves' });
    resign();
  };
}
