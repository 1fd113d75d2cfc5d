/** Where a file or a part of it goes, as the server signed it. */
export interface Put {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For how long it may be used, in milliseconds from when it was given. */
  readonly livesMs: number;
}

export interface PartPut extends Put {
  readonly number: number;
}

/** So many are asked for at once: few, so that they are used long before they run out. The server takes 100. */
const BATCH = 24;
/** With fewer in hand the next ones are fetched, so that no part waits for its URL. */
const LOW = 8;
/** A request must begin before its URL runs out; this is for the way to it. */
const MARGIN_MS = 30_000;

/** The URLs of one transfer's parts: fetched in batches ahead of their use, and renewed when they ran out. */
export class PartUrls {
  /** In the order of sending. */
  readonly #numbers: readonly number[];
  readonly #ask: (numbers: number[]) => Promise<readonly PartPut[]>;
  readonly #now: () => number;
  readonly #held = new Map<number, { put: Put; until: number }>();
  readonly #used = new Set<number>();
  #asking: Promise<void> | undefined;

  constructor(
    numbers: readonly number[],
    ask: (numbers: number[]) => Promise<readonly PartPut[]>,
    now: () => number = () => performance.now(),
  ) {
    this.#numbers = numbers;
    this.#ask = ask;
    this.#now = now;
  }

  /** A URL that works for a while yet. Rejects as the server's answer does. */
  async take(number: number): Promise<Put> {
    // One round may wait for a batch that others asked for, the next asks for its own.
    for (let round = 0; round < 3; round += 1) {
      const put = this.#fresh(number);
      if (put) {
        this.#used.add(number);
        this.#fetchAhead();
        return put;
      }
      await (this.#asking ?? this.#fetch(number));
    }
    throw new Error(`the server gives no URL for part ${number}`);
  }

  /** It was not taken: the next `take` asks for another. */
  refuse(number: number): void {
    this.#held.delete(number);
  }

  #fresh(number: number): Put | undefined {
    const held = this.#held.get(number);
    return held && this.#now() < held.until ? held.put : undefined;
  }

  #isWanted(number: number): boolean {
    return !this.#used.has(number) && !this.#fresh(number);
  }

  #fetchAhead(): void {
    if (this.#asking) return;
    const ahead = this.#numbers.filter((number) => !this.#used.has(number)).slice(0, LOW);
    const first = ahead.find((number) => !this.#fresh(number));
    // What fails here is asked for again where it is waited for.
    if (first !== undefined) this.#fetch(first).catch(() => undefined);
  }

  /** One and those after it that are not there yet. */
  #fetch(first: number): Promise<void> {
    const next = this.#numbers.filter((number) => number > first && this.#isWanted(number));
    this.#asking = this.#ask([first, ...next.slice(0, BATCH - 1)])
      .then((puts) => {
        const now = this.#now();
        for (const put of puts) {
          const until = now + Math.max(put.livesMs - MARGIN_MS, put.livesMs / 2);
          this.#held.set(put.number, { put, until });
        }
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}
