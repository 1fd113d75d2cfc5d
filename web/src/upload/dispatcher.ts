import type { Upload } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { carry, type Hands, type Job } from './carry';
import { discard } from './discard';
import { Entries, type Entry, type Run } from './entries';
import { Line } from './line';
import { Roster } from './roster';
import { Speed } from './speed';
import { identityOf, isUnderWay } from './transfer';
import type { World } from './world';

/** Files at once. How many requests that makes is the transport's to bound. */
const AT_ONCE = 3;
const TICK_MS = 250;
/** Another try would be refused for the same reason. */
const FINAL = new Set(['unsupported_type', 'too_large', 'bad_filename', 'bad_size', 'unreadable']);

/** Has files sent: a few at once, the others in their order. */
export class Dispatcher {
  readonly roster = new Roster();
  readonly entries = new Entries();
  readonly #world: World;
  readonly #line = new Line();
  readonly #running = new Set<Entry>();
  #owner: string | undefined;
  #moved = 0;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(world: World) {
    this.#world = world;
    world.connection.subscribe(() => {
      const { isUp } = world.connection;
      this.roster.setConnected(isUp);
      if (isUp) this.pump();
      else this.hold();
    });
  }

  /** Whose files these are. Those of another user are dropped; their memory keeps what was begun. */
  own(userId: string | undefined): void {
    if (userId === this.#owner) return;
    this.#owner = userId;
    for (const { key } of [...this.roster.all()]) this.drop(key);
    this.roster.refuse([]);
  }

  /** A file for a row that has none, or had another try before. */
  give(entry: Entry, job: Job): void {
    entry.job = job;
    if (job.plan) this.#world.tabs.take(job.plan.uploadId);
    this.enqueue(entry.key);
  }

  enqueue(key: string, isNext = false): void {
    this.roster.change(key, { state: 'waiting', reason: undefined, canRetry: false });
    if (isNext) this.#line.first(key);
    else this.#line.last(key);
  }

  /** Begins what may begin. */
  pump(): void {
    const { connection, userId } = this.#world;
    while (this.#running.size < AT_ONCE && connection.isUp && this.#owner !== undefined && userId() === this.#owner) {
      const key = this.#line.take((one) => this.#isReady(one));
      const entry = key === undefined ? undefined : this.entries.get(key);
      if (!entry?.job) break;
      this.#start(entry, entry.job);
    }
    this.#windClock();
  }

  /** Stops what is under way; it goes on with the next `pump` that may begin something. */
  hold(): void {
    for (const { key, run } of [...this.#running].reverse()) {
      const state = this.roster.get(key)?.state;
      if (state !== 'sending' && state !== 'finishing') continue;
      this.roster.change(key, { state: 'offline', reason: undefined });
      this.#line.first(key);
      run?.controller.abort();
    }
  }

  pause(key: string): void {
    const state = this.roster.get(key)?.state;
    if (state !== 'waiting' && state !== 'sending' && state !== 'offline') return;
    this.roster.change(key, { state: 'paused', reason: undefined });
    this.entries.get(key)?.run?.controller.abort();
  }

  /** After a pause or a failure. Who asks for one file wants it next. */
  resume(key: string, isNext = true): void {
    const row = this.roster.get(key);
    if (row?.state !== 'paused' && !(row?.state === 'failed' && row.canRetry)) return;
    this.enqueue(key, isNext);
    this.pump();
  }

  /** Called off: nothing of it is left, here and in the library. */
  async cancel(key: string): Promise<void> {
    const row = this.roster.get(key);
    const entry = this.entries.get(key);
    if (!row || !entry || row.state === 'finishing') return;
    if (row.uploadId) this.#world.memory.forget([row.uploadId]);
    // The next one begins once its place is free, and not before all that are cancelled with it have left the line.
    this.drop(key);
    // A reservation that is under way is heard of first.
    await entry.run?.ended;
    const uploadId = entry.job?.plan?.uploadId ?? row.uploadId;
    if (uploadId) await discard({ uploadId, filename: row.filename }, this.#world);
  }

  /** Off the list. What the server has of it stays. */
  drop(key: string): void {
    const entry = this.entries.get(key);
    const uploadId = this.roster.get(key)?.uploadId;
    if (uploadId) this.#world.tabs.leave(uploadId);
    if (entry) this.entries.remove(entry);
    this.roster.remove(key);
    entry?.run?.controller.abort();
  }

  /** An upload was ended elsewhere: called off, or, with a reason, given up by the server. */
  endedElsewhere(uploadId: string, reason?: string): void {
    const row = this.roster.ofUpload(uploadId);
    const entry = row && this.entries.get(row.key);
    if (!row || !entry) return;
    this.#world.memory.forget([uploadId]);
    if (reason === undefined || !entry.job) {
      this.drop(row.key);
      return;
    }
    entry.run?.controller.abort();
    this.#forgetPlan(entry, uploadId);
    this.roster.change(row.key, { state: 'failed', reason, canRetry: true });
  }

  #isReady(key: string): boolean {
    const state = this.roster.get(key)?.state;
    const entry = this.entries.get(key);
    return (state === 'waiting' || state === 'offline') && entry?.job !== undefined && !entry.run;
  }

  #start(entry: Entry, job: Job): void {
    const { key } = entry;
    const controller = new AbortController();
    const run: Run = { controller, speed: new Speed(), sent: undefined, ended: Promise.resolve() };
    entry.run = run;
    this.#running.add(entry);
    run.ended = carry(job, this.#hands(entry, job, run), controller.signal)
      .then(
        (upload) => this.#arrived(entry, upload),
        (thrown: unknown) => {
          if (!controller.signal.aborted) this.#failed(entry, job, asProblem(thrown));
        },
      )
      .finally(() => {
        entry.run = undefined;
        this.#running.delete(entry);
        const row = this.roster.get(key);
        if (row) this.roster.change(key, { bytesPerSecond: undefined, secondsLeft: undefined });
        // It was stopped, and wanted again before it had come to its end.
        if (row && isUnderWay(row.state)) this.#line.first(key);
        this.pump();
      });
  }

  #hands(entry: Entry, job: Job, run: Run): Hands {
    const { server, transport, connection, memory, tabs, pause, onUpload } = this.#world;
    const { key } = entry;
    const { signal } = run.controller;
    return {
      server,
      transport,
      pause,
      isReachable: () => connection.check(),
      onReserved: ({ uploadId, partSize }, upload) => {
        // Cancelled while it was being reserved: it is about to be discarded.
        if (this.entries.get(key) !== entry || this.#owner === undefined) return;
        memory.keep({ userId: this.#owner, uploadId, partSize, ...identityOf(job.file) });
        tabs.take(uploadId);
        this.roster.change(key, { uploadId });
        onUpload(upload);
      },
      onProgress: (bytes) => {
        this.#moved += Math.max(0, bytes - (run.sent ?? bytes));
        run.sent = bytes;
      },
      onState: (state, reason) => {
        if (!signal.aborted) this.roster.change(key, { state, reason });
      },
      onGone: ({ uploadId }) => this.#forgetPlan(entry, uploadId),
    };
  }

  #forgetPlan(entry: Entry, uploadId: string): void {
    this.#world.memory.forget([uploadId]);
    this.#world.tabs.leave(uploadId);
    if (entry.job) entry.job = { file: entry.job.file, plan: undefined, isDelivered: false };
    this.roster.change(entry.key, { uploadId: undefined, sent: 0 });
  }

  #arrived(entry: Entry, upload: Upload): void {
    this.#world.memory.forget([upload.id]);
    this.#world.tabs.leave(upload.id);
    if (this.entries.get(entry.key) !== entry) return;
    this.entries.remove(entry);
    const { size } = upload;
    this.roster.change(entry.key, { state: 'sent', sent: size, reason: undefined });
    this.#world.onUpload(upload);
  }

  #failed({ key }: Entry, job: Job, problem: Problem): void {
    const canRetry = !FINAL.has(problem.code);
    const none = job.plan ? {} : { sent: 0, uploadId: undefined };
    this.roster.change(key, { state: 'failed', reason: problem.message, canRetry, ...none });
  }

  #windClock(): void {
    if (this.#running.size > 0) {
      this.#clock ??= setInterval(() => this.#tick(), TICK_MS);
      return;
    }
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.roster.rest();
  }

  #tick(): void {
    const now = this.#world.now();
    for (const { key, run } of this.#running) {
      const row = this.roster.get(key);
      if (!row || run?.sent === undefined || run.controller.signal.aborted) continue;
      const { speed, sent } = run;
      speed.note(sent, now);
      const secondsLeft = speed.secondsFor(row.size - sent);
      this.roster.change(key, { sent, bytesPerSecond: speed.bytesPerSecond, secondsLeft });
    }
    this.roster.noteMoved(this.#moved, now);
  }
}
