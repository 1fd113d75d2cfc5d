import { growing, pause } from './pause';

/** Whether the server can be reached right now. */
export type Probe = (signal: AbortSignal) => Promise<boolean>;

const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** One that hangs for so long is as good as none. */
const PROBE_MS = 8_000;
/** A transfer that waited for so long was given up by the server. From then on only the browser's word counts. */
const LONGEST_MS = 24 * 3600 * 1000;
/** As long as a timer can wait. */
const FOREVER_MS = 2 ** 31 - 1;

async function reach(signal: AbortSignal): Promise<boolean> {
  // Without a login, and small. A proxy in front of a server that is down answers 502 to 504.
  const answer = await fetch('/api/v1/settings', { cache: 'no-store', signal });
  return answer.status < 502;
}

/** Whether the server can be reached, found out when somebody has reason to doubt it. */
export class Connection {
  readonly #probe: Probe;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #checking: Promise<boolean> | undefined;
  /** While it is lost. */
  #search: { knock: AbortController } | undefined;

  constructor(probe: Probe = reach, now: () => number = () => performance.now()) {
    this.#probe = probe;
    this.#now = now;
  }

  get isUp(): boolean {
    return this.#search === undefined;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks the server. One that is lost is sought by itself from then on. */
  check(): Promise<boolean> {
    if (!this.isUp) return Promise.resolve(false);
    this.#checking ??= this.#ask()
      .then((isReached) => {
        if (!isReached) void this.#seek();
        return isReached;
      })
      .finally(() => {
        this.#checking = undefined;
      });
    return this.#checking;
  }

  /** Does not wait for the next probe. */
  readonly tryNow = (): void => {
    this.#search?.knock.abort();
  };

  #ask(): Promise<boolean> {
    return this.#probe(AbortSignal.timeout(PROBE_MS)).catch(() => false);
  }

  async #seek(): Promise<void> {
    const search = { knock: new AbortController() };
    this.#search = search;
    this.#tell();
    globalThis.addEventListener('online', this.tryNow);
    const since = this.#now();
    let tries = 0;
    do {
      const isLate = this.#now() - since > LONGEST_MS;
      await pause(isLate ? FOREVER_MS : growing(tries, FIRST_MS, MOST_MS), search.knock.signal).catch(() => {
        // Somebody knows more than we do: begin with short pauses again.
        search.knock = new AbortController();
        tries = 0;
      });
      tries += 1;
    } while (!(await this.#ask()));
    globalThis.removeEventListener('online', this.tryNow);
    this.#search = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
