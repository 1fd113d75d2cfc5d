/** What can be wrong with a stream that is being played. */
export type Trouble =
  /** The URL has run out, or the tree that it names is not published any more. */
  | 'expired'
  /** No answer, or none that is of use. */
  | 'network'
  /** The browser cannot decode what it got. */
  | 'media'
  /** Anything else: not for us to mend. */
  | 'other';

export type Step =
  /** Load on, from the same URL. */
  | { do: 'retry'; afterMs: number }
  /** Ask for a new URL, and load on from that. */
  | { do: 'renew'; afterMs: number }
  /** Set the decoder up anew. */
  | { do: 'recover' }
  /** The same, taking the audio for the other kind of AAC. */
  | { do: 'swap' }
  | { do: 'give up' };

/** A URL that is refused so often when it is new is refused for another reason than its age. */
const MOST_RENEWALS = 3;
/** The first pause after a network error; each one after it is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 16_000;
/** A network that is gone for longer is left to the listener, who is told. */
const NETWORK_PATIENCE_MS = 120_000;
/** Media errors that lie further apart have nothing to do with each other. */
const MEDIA_MEMORY_MS = 30_000;

/**
 * What to do about the troubles of one stream, in the manner of hls.js's docs/API.md, "Fatal Error Recovery": every kind
 * is tried a bounded number of times or for a bounded time, and whatever was loaded since shows that it helped.
 */
export class Recovery {
  #renewals = 0;
  #networkSince: number | undefined;
  #pauses = 0;
  #mediaTries = 0;
  #mediaAt = Number.NEGATIVE_INFINITY;

  /** `now` is in milliseconds, of any clock that never goes back. */
  next(trouble: Trouble, now: number): Step {
    switch (trouble) {
      case 'expired':
        this.#renewals += 1;
        return this.#renewals <= MOST_RENEWALS ? { do: 'renew', afterMs: 0 } : { do: 'give up' };
      case 'network':
        return this.#afterNetwork(now);
      case 'media':
        return this.#afterMedia(now);
      case 'other':
        return { do: 'give up' };
    }
  }

  /** Something was loaded: network and URL are well. */
  loaded(): void {
    this.#renewals = 0;
    this.#networkSince = undefined;
    this.#pauses = 0;
  }

  #afterNetwork(now: number): Step {
    this.#networkSince ??= now;
    if (now - this.#networkSince >= NETWORK_PATIENCE_MS) return { do: 'give up' };
    const afterMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses, LONGEST_PAUSE_MS);
    this.#pauses += 1;
    // A bucket whose refusals lack the headers for other origins looks like no network at all, so the second try, and
    // each one after it, has a new URL.
    return { do: this.#pauses === 1 ? 'retry' : 'renew', afterMs };
  }

  #afterMedia(now: number): Step {
    if (now - this.#mediaAt > MEDIA_MEMORY_MS) this.#mediaTries = 0;
    this.#mediaAt = now;
    this.#mediaTries += 1;
    if (this.#mediaTries === 1) return { do: 'recover' };
    return this.#mediaTries === 2 ? { do: 'swap' } : { do: 'give up' };
  }
}
