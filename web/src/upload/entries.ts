import type { Job } from './carry';
import type { Speed } from './speed';

/** One try to send a file. */
export interface Run {
  readonly controller: AbortController;
  readonly speed: Speed;
  /** What is there or on its way, as was told last. */
  sent: number | undefined;
  /** Never rejects. */
  ended: Promise<void>;
}

/** What is behind a row of the tray. */
export interface Entry {
  readonly key: string;
  /** Of its file. */
  readonly mark: string;
  /** None as long as the file has to be given again. */
  job: Job | undefined;
  /** While it is being sent, and until what was stopped has come to its end. */
  run: Run | undefined;
}

/** The files of this page that are not in the library yet. */
export class Entries {
  readonly #byKey = new Map<string, Entry>();
  readonly #byMark = new Map<string, Entry>();

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  withMark(mark: string): Entry | undefined {
    return this.#byMark.get(mark);
  }

  add(key: string, mark: string): Entry {
    const entry: Entry = { key, mark, job: undefined, run: undefined };
    this.#byKey.set(key, entry);
    this.#byMark.set(mark, entry);
    return entry;
  }

  remove(entry: Entry): void {
    this.#byKey.delete(entry.key);
    if (this.#byMark.get(entry.mark) === entry) this.#byMark.delete(entry.mark);
  }
}
