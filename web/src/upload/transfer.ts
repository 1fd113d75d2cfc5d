/**
 * Where the sending of a file stands.
 * `waiting`: for its turn. `sending`: its bytes are on their way. `finishing`: they are there, and the server is told.
 * `paused`: by its user. `offline`: goes on by itself once the server can be reached. `unfinished`: an earlier page
 * began it, and needs the file once more.
 */
export type TransferState =
  | 'waiting'
  | 'sending'
  | 'finishing'
  | 'offline'
  | 'paused'
  | 'unfinished'
  | 'failed'
  | 'sent';

/** One file on its way to an upload. Never changed: something new is a new object. */
export interface Transfer {
  readonly key: string;
  readonly filename: string;
  readonly size: number;
  readonly state: TransferState;
  /** Once it is reserved. */
  readonly uploadId: string | undefined;
  /** Bytes that are there or on their way. */
  readonly sent: number;
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** Why it failed or what it waits for, in words for people. */
  readonly reason: string | undefined;
  readonly canRetry: boolean;
}

/** By which a file is known again. Its content is too large to be compared. */
export interface Identity {
  readonly filename: string;
  readonly size: number;
  /** In milliseconds, as the browser tells it. */
  readonly lastModified: number;
}

export function identityOf(file: File): Identity {
  return { filename: file.name, size: file.size, lastModified: file.lastModified };
}

/** Two files that agree in this are taken for the same. */
export function markOf({ filename, size, lastModified }: Identity): string {
  return `${size}/${lastModified}/${filename}`;
}

/** What goes on without its user: these are why leaving the page is asked about. */
export function isUnderWay(state: TransferState): boolean {
  return state === 'waiting' || state === 'sending' || state === 'finishing' || state === 'offline';
}
