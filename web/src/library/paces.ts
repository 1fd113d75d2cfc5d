import { useSyncExternalStore } from 'react';
import type { Upload } from '../api/client';
import { type Forecast, forecast, observe, type Pace } from './pace';

interface Measured {
  pace: Pace;
  /** The most that was shown of this attempt: a guess that went too far is not taken back. */
  shown: number;
}

/** More are never processed at once for one user, near enough; what is dropped is measured anew. */
const MOST = 200;
const measured = new Map<string, Measured>();

/** One clock for all rows that move by themselves: it ticks while there is any. */
const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Where an upload that is being processed will be by now; drawn anew every second. */
export function useForecast({ id, progress }: Upload): Forecast {
  const at = useSyncExternalStore(subscribe, () => now);
  if (!progress) return { part: undefined, secondsLeft: undefined };
  const held = measure(id, progress.encoded_seconds);
  const { part, secondsLeft } = forecast(held.pace, progress.total_seconds ?? null, at);
  if (part !== undefined) held.shown = Math.max(held.shown, part);
  return { part: part === undefined ? undefined : held.shown, secondsLeft };
}

function measure(id: string, encoded: number): Measured {
  const before = measured.get(id);
  const pace = observe(before?.pace, Date.now(), encoded);
  if (before?.pace === pace) return before;
  const isAnew = pace.seen.length === 1;
  const held = { pace, shown: isAnew ? 0 : (before?.shown ?? 0) };
  measured.delete(id);
  measured.set(id, held);
  const oldest = measured.keys().next().value;
  if (measured.size > MOST && oldest !== undefined) measured.delete(oldest);
  return held;
}
