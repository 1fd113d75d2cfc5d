/** How far the work on an upload was, whenever it was seen to have changed. Never changed in place. */
export interface Pace {
  /** In milliseconds of our clock. The first is where the measuring begins. */
  readonly seen: readonly { at: number; encoded: number }[];
}

/** Workers report every 5 s. */
const MOST_SEEN = 8;
/** A rate over less is a guess. */
const SHORTEST_MS = 4_000;
/** How far beyond the last report it may be guessed to have come. */
const AHEAD_MS = 7_000;

export function observe(pace: Pace | undefined, at: number, encoded: number): Pace {
  const last = pace?.seen.at(-1);
  // An attempt that was lost begins anew.
  if (!pace || !last || encoded < last.encoded) return { seen: [{ at, encoded }] };
  if (encoded === last.encoded || at <= last.at) return pace;
  return { seen: [...pace.seen, { at, encoded }].slice(-MOST_SEEN) };
}

export interface Forecast {
  /** From 0 up to 1, which only a new state says. Undefined: nobody knows the length. */
  part: number | undefined;
  /** In seconds. Undefined: not known yet. */
  secondsLeft: number | undefined;
}

/** Where it will be now, going on as fast as it was seen to go. */
export function forecast(pace: Pace, total: number | null, now: number): Forecast {
  const last = pace.seen.at(-1);
  if (!last || !total || total <= 0) return { part: undefined, secondsLeft: undefined };
  const rate = rateOf(pace);
  const ahead = Math.min(Math.max(now - last.at, 0), AHEAD_MS);
  const encoded = Math.min(last.encoded + (rate ?? 0) * ahead, total);
  return {
    part: Math.min(encoded / total, 0.99),
    secondsLeft: rate === undefined ? undefined : (total - encoded) / rate / 1000,
  };
}

/** Encoded seconds for each millisecond. */
function rateOf({ seen }: Pace): number | undefined {
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || !last || last.at - first.at < SHORTEST_MS) return undefined;
  return (last.encoded - first.encoded) / (last.at - first.at);
}
