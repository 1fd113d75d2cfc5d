import type { Told } from './refusals';
import { Speed } from './speed';
import { isUnderWay, type Transfer, type TransferState } from './transfer';

/** The one word for all of it. */
export type Phase = 'idle' | 'sending' | 'offline' | 'paused' | 'failed' | 'unfinished' | 'sent';

/** What the tray shows. */
export interface Overview {
  readonly transfers: readonly Transfer[];
  readonly phase: Phase;
  readonly counts: Readonly<Record<TransferState, number>>;
  /** Of all that was or is to be sent: without what failed or waits for its file. */
  readonly bytes: { readonly sent: number; readonly total: number };
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  readonly refusals: readonly Told[];
}

/** Faster than this nobody reads, and thousands of small files would be drawn thousands of times. */
const BETWEEN_MS = 120;

/** All transfers of this page, and who wants to know of them. */
export class Roster {
  readonly #rows = new Map<string, Transfer>();
  readonly #byUpload = new Map<string, string>();
  readonly #listeners = new Set<() => void>();
  readonly #speed = new Speed();
  #refusals: readonly Told[] = [];
  #isUp = true;
  #overview: Overview | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastKey = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same object until something has changed and was told. */
  readonly overview = (): Overview => {
    this.#overview ??= this.#summary();
    return this.#overview;
  };

  all(): Iterable<Transfer> {
    return this.#rows.values();
  }

  get(key: string): Transfer | undefined {
    return this.#rows.get(key);
  }

  ofUpload(uploadId: string): Transfer | undefined {
    const key = this.#byUpload.get(uploadId);
    return key === undefined ? undefined : this.#rows.get(key);
  }

  add(row: Pick<Transfer, 'filename' | 'size' | 'state'> & Partial<Transfer>): Transfer {
    this.#lastKey += 1;
    const blank = {
      uploadId: undefined,
      sent: 0,
      bytesPerSecond: undefined,
      secondsLeft: undefined,
      reason: undefined,
      canRetry: false,
    };
    const transfer: Transfer = { ...blank, ...row, key: String(this.#lastKey) };
    this.#put(transfer);
    return transfer;
  }

  change(key: string, change: Partial<Omit<Transfer, 'key'>>): void {
    const row = this.#rows.get(key);
    if (row) this.#put({ ...row, ...change });
  }

  remove(key: string): void {
    const uploadId = this.#rows.get(key)?.uploadId;
    if (uploadId !== undefined) this.#byUpload.delete(uploadId);
    if (this.#rows.delete(key)) this.touch();
  }

  refuse(refusals: readonly Told[]): void {
    this.#refusals = refusals;
    this.touch();
  }

  setConnected(isUp: boolean): void {
    this.#isUp = isUp;
    this.touch();
  }

  /** Bytes that were moved until a time; both only ever grow. */
  noteMoved(moved: number, at: number): void {
    this.#speed.note(moved, at);
    this.touch();
  }

  /** Nothing moves: what was measured says nothing of what comes. */
  rest(): void {
    this.#speed.reset();
  }

  /** Something is new: it is told soon, together with what else is new by then. */
  touch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#overview = undefined;
      for (const listener of this.#listeners) listener();
    }, BETWEEN_MS);
  }

  #put(transfer: Transfer): void {
    this.#rows.set(transfer.key, transfer);
    if (transfer.uploadId !== undefined) this.#byUpload.set(transfer.uploadId, transfer.key);
    this.touch();
  }

  #summary(): Overview {
    const transfers = [...this.#rows.values()];
    const counts = noCounts();
    const bytes = { sent: 0, total: 0 };
    let left = 0;
    for (const { state, sent, size } of transfers) {
      counts[state] += 1;
      if (state === 'failed' || state === 'unfinished') continue;
      bytes.sent += sent;
      bytes.total += size;
      if (isUnderWay(state)) left += size - sent;
    }
    return {
      transfers,
      phase: phaseOf(counts, transfers.length, this.#isUp),
      counts,
      bytes,
      bytesPerSecond: this.#speed.bytesPerSecond,
      secondsLeft: this.#speed.secondsFor(left),
      refusals: this.#refusals,
    };
  }
}

function noCounts(): Record<TransferState, number> {
  return {
    waiting: 0,
    sending: 0,
    finishing: 0,
    offline: 0,
    paused: 0,
    unfinished: 0,
    failed: 0,
    sent: 0,
  };
}

function phaseOf(counts: Record<TransferState, number>, all: number, isUp: boolean): Phase {
  if (all === 0) return 'idle';
  if (counts.waiting + counts.sending + counts.finishing + counts.offline > 0) {
    return isUp ? 'sending' : 'offline';
  }
  if (counts.paused > 0) return 'paused';
  if (counts.failed > 0) return 'failed';
  return counts.unfinished > 0 ? 'unfinished' : 'sent';
}
