import { useSyncExternalStore } from 'react';
import type { Upload } from '../api/client';
import type { Failure } from './engine';
import { DEFAULTS, type Settings } from './memory';
import { EMPTY, type Queue } from './queue';
import type { Status } from './status';
import type { Mode } from './stream';

/** In seconds. */
export interface Range {
  start: number;
  end: number;
}

export interface PlayerState extends Settings {
  current: Upload | null;
  queue: Queue<Upload>;
  status: Status;
  /** Whether it is under way, if perhaps waiting for data: what a press on the button ends. */
  isPlaying: boolean;
  /** In seconds. */
  time: number;
  /** In seconds; 0: not known. */
  duration: number;
  buffered: readonly Range[];
  mode: Mode | null;
  /** What can be chosen, lowest first. */
  rungs: readonly string[];
  /** Of the segment that is being heard; null: not known. */
  rung: string | null;
  /** In bits per second; null: not measured yet. */
  bandwidth: number | null;
  failure: Failure | null;
}

export const NOTHING = {
  current: null,
  queue: EMPTY,
  status: 'idle',
  isPlaying: false,
  time: 0,
  duration: 0,
  buffered: [],
  mode: null,
  rungs: [],
  rung: null,
  bandwidth: null,
  failure: null,
} satisfies Partial<PlayerState>;

let state: PlayerState = { ...NOTHING, ...DEFAULTS };
const listeners = new Set<() => void>();

/** What is known of the player. Only src/player/player.ts changes it. */
export const store = {
  get: (): PlayerState => state,

  set(change: Partial<PlayerState>): void {
    const keys = Object.keys(change) as (keyof PlayerState)[];
    if (keys.every((key) => Object.is(change[key], state[key]))) return;
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  },

  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** `select` must give the same for the same state: no new object each time. */
export function usePlayer<T>(select: (state: PlayerState) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

/** The same array as long as it says the same, so that nothing is drawn for nothing. */
export function rangesOf(ranges: TimeRanges, before: readonly Range[]): readonly Range[] {
  const after = Array.from({ length: ranges.length }, (_, index) => ({
    start: ranges.start(index),
    end: ranges.end(index),
  }));
  const isSame =
    after.length === before.length &&
    after.every(({ start, end }, index) => start === before[index]?.start && end === before[index]?.end);
  return isSame ? before : after;
}
