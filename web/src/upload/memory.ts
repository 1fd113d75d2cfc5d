import { type Identity, markOf } from './transfer';

/** An upload that was begun in this browser. With the same file it goes on where it stopped. */
export interface Remembered extends Identity {
  readonly userId: string;
  readonly uploadId: string;
  /** Of all parts but the last, in bytes; null: it goes in one request. */
  readonly partSize: number | null;
  /** When it began, in milliseconds. */
  readonly at: number;
}

const KEY = 'segue.transfers';
/** A user has at most 100 under way; a few users may share a browser. */
const MOST = 300;
/** The server gives an upload up a day after it last gave a URL for it; what is much older is of no use to anybody. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/**
 * The uploads of this browser that are not complete. All tabs share it, so it is read anew each time. Where there is no
 * storage nothing is remembered, and a file that was interrupted is sent from its beginning.
 */
export class Memory {
  readonly #storage: () => Storage;
  readonly #now: () => number;

  constructor(storage: () => Storage = () => localStorage, now: () => number = Date.now) {
    this.#storage = storage;
    this.#now = now;
  }

  of(userId: string): Remembered[] {
    return this.#read().filter((entry) => entry.userId === userId);
  }

  /**
   * The upload that this file began. Only a file with the same time of change will do, which only this browser knows:
   * another file of the same name and size, as another take of a recording may be, would be joined to the parts of the
   * first, and the result would be no audio. So what was begun in another browser is never taken up here.
   */
  find(userId: string, file: Identity): Remembered | undefined {
    const mark = markOf(file);
    return this.of(userId).findLast((entry) => markOf(entry) === mark);
  }

  keep(entry: Omit<Remembered, 'at'>): void {
    const others = this.#read().filter(({ uploadId }) => uploadId !== entry.uploadId);
    this.#write([...others, { ...entry, at: this.#now() }].slice(-MOST));
  }

  forget(uploadIds: readonly string[]): void {
    const gone = new Set(uploadIds);
    const entries = this.#read();
    const rest = entries.filter(({ uploadId }) => !gone.has(uploadId));
    if (rest.length < entries.length) this.#write(rest);
  }

  #read(): Remembered[] {
    try {
      const stored: unknown = JSON.parse(this.#storage().getItem(KEY) ?? '[]');
      const since = this.#now() - KEPT_MS;
      return Array.isArray(stored) ? stored.filter(isRemembered).filter(({ at }) => at > since) : [];
    } catch {
      return [];
    }
  }

  #write(entries: readonly Remembered[]): void {
    try {
      if (entries.length > 0) this.#storage().setItem(KEY, JSON.stringify(entries));
      else this.#storage().removeItem(KEY);
    } catch {
      // Then an interrupted file is sent from its beginning.
    }
  }
}

/** What is stored may be of another version of this page, or of anybody's making. */
function isRemembered(entry: unknown): entry is Remembered {
  if (typeof entry !== 'object' || entry === null) return false;
  const { userId, uploadId, filename, size, lastModified, partSize, at } = entry as Record<string, unknown>;
  return (
    typeof userId === 'string' &&
    typeof uploadId === 'string' &&
    typeof filename === 'string' &&
    isCount(size) &&
    typeof lastModified === 'number' &&
    (partSize === null || isCount(partSize)) &&
    typeof at === 'number'
  );
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
