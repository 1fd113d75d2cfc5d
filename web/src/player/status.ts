export type Status =
  /** There is nothing to play. */
  | 'idle'
  /** It is wanted, and none of it is there yet. */
  | 'loading'
  | 'playing'
  | 'paused'
  /** It would play, if there were data. */
  | 'waiting'
  /** Of the last one in the queue. */
  | 'ended'
  /** We gave up: see `failure`. */
  | 'failed';

/** What the element says of itself. */
export type Confirmed = Pick<HTMLMediaElement, 'paused' | 'ended' | 'seeking' | 'readyState'>;

/** As in HTMLMediaElement, which is not there where tests run without a page. */
const HAVE_CURRENT_DATA = 2;
const HAVE_FUTURE_DATA = 3;

export interface Wanted {
  /** Whether something is chosen. */
  hasCurrent: boolean;
  hasFailed: boolean;
  /** Whether the element was given the source of what is chosen, or still has the one before, or none. */
  hasSource: boolean;
  /** Whether it is to play as soon as it can. */
  wantsPlay: boolean;
}

/** What is so, by what the element confirmed, and not by what was asked of it. */
export function statusOf({ hasCurrent, hasFailed, hasSource, wantsPlay }: Wanted, media: Confirmed): Status {
  if (!hasCurrent) return 'idle';
  if (hasFailed) return 'failed';
  const isLoaded = hasSource && media.readyState >= HAVE_CURRENT_DATA;
  if (isLoaded && media.ended) return 'ended';
  if (!isLoaded && wantsPlay) return hasSource && media.seeking ? 'waiting' : 'loading';
  if (!isLoaded || media.paused) return 'paused';
  return media.seeking || media.readyState < HAVE_FUTURE_DATA ? 'waiting' : 'playing';
}
