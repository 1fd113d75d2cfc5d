import type { Upload } from '../api/client';
import { asProblem, Problem } from '../api/problem';
import { deliver, type Send } from './deliver';
import { growing } from './pause';
import type { Plan, Server } from './server';

/** A file, and how far it came. Kept while it is paused, so that it goes on from there. */
export interface Job {
  readonly file: File;
  plan: Plan | undefined;
  /** Every byte seems to be there. */
  isDelivered: boolean;
}

/** What the sending of a file needs of the world around it, and tells it. */
export interface Hands {
  readonly server: Pick<Server, 'reserve' | 'parts' | 'complete'>;
  readonly transport: () => Promise<Send>;
  /** Whether the server can be reached. If not, `signal` is aborted, and the job is taken up again later. */
  readonly isReachable: () => Promise<boolean>;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly onReserved: (plan: Plan, upload: Upload) => void;
  readonly onProgress: (bytes: number) => void;
  readonly onState: (state: 'sending' | 'finishing', reason?: string) => void;
  /** Its upload cannot be gone on with. */
  readonly onGone: (plan: Plan) => void;
}

/** In a row, without anything that arrived in between. */
const MOST_TRIES = 8;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** The server has a place again when one of the other uploads ends, which may take others hours. */
const MOST_WAITS = 240;
const FIRST_WAIT_MS = 5_000;

const gone = 'It was cancelled or deleted in the meantime. Try again to send it from its beginning.';
const unreadable = 'This file cannot be read any more: it was moved, changed or deleted. Choose it again.';

/** Brings a file into the library. Rejects with a `Problem` that no further try would mend, or once `signal` is aborted. */
export async function carry(job: Job, hands: Hands, signal: AbortSignal): Promise<Upload> {
  const patience = new Patience(hands, signal);
  for (;;) {
    try {
      return await attempt(job, hands, signal, () => patience.renew());
    } catch (thrown) {
      signal.throwIfAborted();
      const problem = asProblem(thrown);
      if (isGone(problem, job)) {
        if (job.plan) hands.onGone(job.plan);
        job.plan = undefined;
        job.isDelivered = false;
        throw problem.code === 'size_mismatch' ? problem : new Problem(problem.status, 'gone', gone, problem.requestId);
      }
      if (problem.status === 0) {
        await hands.isReachable();
        signal.throwIfAborted();
        // What the network is blamed for may be the disk.
        if (!(await isReadable(job.file))) throw new Problem(-1, 'unreadable', unreadable);
      }
      await remedy(job, problem, patience);
    }
  }
}

async function attempt(job: Job, hands: Hands, signal: AbortSignal, onArrival: () => void): Promise<Upload> {
  if (!job.plan) {
    hands.onState('sending');
    // Not ended by a pause: an upload that was reserved, and of which nobody heard, would stay for a day.
    const { upload, plan } = await hands.server.reserve(job.file.name, job.file.size);
    job.plan = plan;
    hands.onReserved(plan, upload);
    signal.throwIfAborted();
  }
  const { plan } = job;
  if (!job.isDelivered) {
    hands.onState('sending');
    const send = await hands.transport();
    signal.throwIfAborted();
    const delivery = { file: job.file, plan, onProgress: hands.onProgress, onArrival };
    // From here on the bucket may have something of it.
    job.plan = { ...plan, isNew: false, whole: undefined };
    await deliver(delivery, { server: hands.server, send }, signal);
    job.isDelivered = true;
  }
  hands.onState('finishing');
  return hands.server.complete(plan.uploadId, signal);
}

/** Returns when it is worth another try; throws what no try mends. */
async function remedy(job: Job, problem: Problem, patience: Patience): Promise<void> {
  if (problem.code === 'parts_missing' || problem.code === 'source_missing') {
    job.isDelivered = false;
    return patience.spend(problem);
  }
  if (problem.code === 'wrong_state' && !job.isDelivered) {
    // It takes no parts any more: perhaps because it has them all, and only the answer to `complete` was lost.
    job.isDelivered = true;
    return;
  }
  if (problem.code === 'too_many_uploads') return patience.wait(problem);
  if (problem.isPassing || problem.code === 'storage') return patience.spend(problem);
  throw problem;
}

function isGone({ code }: Problem, job: Job): boolean {
  return code === 'not_found' || code === 'size_mismatch' || (code === 'wrong_state' && job.isDelivered);
}

/** How often and after which pauses something is tried again. */
class Patience {
  readonly #hands: Hands;
  readonly #signal: AbortSignal;
  #tries = 0;
  #waits = 0;

  constructor(hands: Hands, signal: AbortSignal) {
    this.#hands = hands;
    this.#signal = signal;
  }

  renew(): void {
    this.#tries = 0;
  }

  async spend(problem: Problem): Promise<void> {
    this.#tries += 1;
    if (this.#tries >= MOST_TRIES) throw problem;
    await this.#pause(problem, growing(this.#tries - 1, FIRST_MS, LONGEST_MS));
  }

  /** For a place: that is nobody's fault. */
  async wait(problem: Problem): Promise<void> {
    this.#waits += 1;
    if (this.#waits >= MOST_WAITS) throw problem;
    this.#hands.onState('sending', 'Waiting for a place: too many uploads are under way.');
    await this.#pause(problem, growing(this.#waits - 1, FIRST_WAIT_MS, LONGEST_MS));
  }

  #pause({ retryAfterSeconds }: Problem, least: number): Promise<void> {
    // Nobody waits for longer than an hour, whatever a proxy asks for.
    const asked = Math.min(retryAfterSeconds ?? 0, 3600) * 1000;
    return this.#hands.pause(Math.max(asked, least), this.#signal);
  }
}

async function isReadable(file: Blob): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}
