import { asProblem } from '../api/problem';
import { type Heard, readStream } from './stream';

const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that held for so long worked; one that broke sooner counts as a failure. */
const STEADY_MS = 10_000;
/** The server sends something every 15 s. */
const DOUBTFUL_MS = 20_000;
/** Rows that were deleted are told of for this long, and then they are gone. */
const REPLAYED_MS = 10_000;

interface Options {
  since: () => number | undefined;
  /** `isGap`: what changed before may never be told of. */
  onHeard: (heard: Heard, isGap: boolean) => void;
  /** There is no stream just now. */
  onLost: () => void;
  read?: typeof readStream;
  chance?: () => number;
}

export interface Connection {
  /** Something suggests that it may be dead, or could be had again: `isForced` if that is all but certain. */
  check: (isForced: boolean) => void;
  stop: () => void;
}

/** A stream that is taken up again whenever it breaks, after pauses that grow. */
export function keepConnected(options: Options): Connection {
  const { since, onHeard, onLost, read = readStream, chance = Math.random } = options;
  const end = new AbortController();
  let attempt = new AbortController();
  let heardAt: number | undefined;
  let brokenAt: number | undefined;
  let wake = () => {};

  const hear = (heard: Heard) => {
    const isGap = brokenAt !== undefined && Date.now() - brokenAt > REPLAYED_MS;
    brokenAt = undefined;
    heardAt = Date.now();
    onHeard(heard, isGap);
  };

  const run = async () => {
    let failures = 0;
    while (!end.signal.aborted) {
      attempt = new AbortController();
      heardAt = undefined;
      const began = Date.now();
      const signal = AbortSignal.any([end.signal, attempt.signal]);
      const thrown = await read({ since: since(), signal, onHeard: hear }).then(
        () => undefined,
        (error: unknown) => error ?? new Error('the stream broke'),
      );
      if (end.signal.aborted) return;
      const wasChecked = attempt.signal.aborted;
      // A stream that the server ended was whole until then; of any other nobody knows since when it was dead.
      brokenAt ??= thrown === undefined ? Date.now() : (heardAt ?? began);
      onLost();
      if (wasChecked) continue;
      failures = heardAt !== undefined && Date.now() - began >= STEADY_MS ? 0 : failures + 1;
      const problem = asProblem(thrown);
      // The session is over, and with it all this.
      if (thrown !== undefined && problem.status === 401) return;
      await pause(problem.status === 429 ? LONGEST_PAUSE_MS : pauseAfter(failures, chance));
    }
  };

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  void run();
  return {
    check: (isForced) => {
      wake();
      const isDoubtful = heardAt !== undefined && Date.now() - heardAt > DOUBTFUL_MS;
      if (isDoubtful || (isForced && heardAt !== undefined)) attempt.abort();
    },
    stop: () => {
      end.abort();
      wake();
    },
  };
}

/** Twice as long each time, and never the same for all: a server that comes back is not to be asked by all at once. */
export function pauseAfter(failures: number, chance: () => number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + chance() / 2);
}
