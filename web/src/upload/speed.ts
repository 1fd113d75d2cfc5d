/** Long enough not to jump with each part that begins, short enough to notice another network. */
const WINDOW_MS = 8_000;
/** What is said sooner is a guess. */
const SHORTEST_MS = 1_500;

interface Sample {
  at: number;
  moved: number;
}

/** How fast bytes go, over the last seconds. */
export class Speed {
  #samples: Sample[] = [];
  #moved = 0;
  #last: number | undefined;

  /** `sent` of a transfer at a time in milliseconds. What has to be sent again lowers `sent`, and moves nothing. */
  note(sent: number, at: number): void {
    this.#moved += Math.max(0, sent - (this.#last ?? sent));
    this.#last = sent;
    this.#samples.push({ at, moved: this.#moved });
    // One sample older than the window stays, so that the window is always spanned.
    let first = 0;
    while ((this.#samples[first + 1]?.at ?? at) <= at - WINDOW_MS) first += 1;
    if (first > 0) this.#samples = this.#samples.slice(first);
  }

  /** After a pause nothing of before counts. */
  reset(): void {
    this.#samples = [];
    this.#last = undefined;
  }

  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at < SHORTEST_MS) return undefined;
    return ((last.moved - first.moved) * 1000) / (last.at - first.at);
  }

  /** Undefined while nothing can be said, or nothing moves. */
  secondsFor(bytes: number): number | undefined {
    const speed = this.bytesPerSecond;
    return speed === undefined || speed < 1 ? undefined : bytes / speed;
  }
}
