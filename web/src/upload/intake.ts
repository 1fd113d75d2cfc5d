import type { Dispatcher } from './dispatcher';
import type { Remembered } from './memory';
import { type Limits, type Reason, type Refusal, refusalOf, tell } from './refusals';
import type { Plan } from './server';
import { identityOf, isUnderWay, markOf } from './transfer';
import type { World } from './world';

/** What has been chosen and is not sent yet. */
const MOST = 20_000;
/** Reading the size of a file asks the system for it; thousands in one go would hold the page up. */
const BATCH = 250;

/** Takes files on, and knows again what was begun earlier. */
export class Intake {
  readonly #world: World;
  readonly #dispatcher: Dispatcher;
  /** For whom it was looked what earlier pages left. */
  #lookedFor: string | undefined;

  constructor(world: World, dispatcher: Dispatcher) {
    this.#world = world;
    this.#dispatcher = dispatcher;
  }

  /** What cannot be taken is told in one notice, before a byte is sent. */
  async add(files: readonly File[]): Promise<void> {
    const { limits: ask, userId } = this.#world;
    const owner = userId();
    if (files.length === 0 || owner === undefined) return;
    this.#dispatcher.own(owner);
    this.#beginAnew();
    const limits = await ask();
    const refusals: Refusal[] = [];
    for (const [index, file] of files.entries()) {
      if (index % BATCH === BATCH - 1) await new Promise((resolve) => setTimeout(resolve));
      if (userId() !== owner) return;
      const reason = this.#take(file, owner, limits);
      if (reason) refusals.push({ filename: file.name, reason });
      else this.#dispatcher.pump();
    }
    this.#dispatcher.roster.refuse(tell(refusals, limits));
  }

  /** Finds what earlier pages of this browser left unfinished; once for each login. */
  async lookBack(): Promise<void> {
    const { memory, tabs, server, userId } = this.#world;
    const owner = userId();
    if (owner === undefined || owner === this.#lookedFor) return;
    this.#lookedFor = owner;
    this.#dispatcher.own(owner);
    const remembered = memory.of(owner);
    if (remembered.length === 0) return;
    await tabs.ask();
    // Where the server does not answer, all of it may well be unfinished.
    const waiting = await server.unfinished().catch(() => undefined);
    if (userId() !== owner) return;
    const ids = waiting && new Set(waiting.map(({ id }) => id));
    const isOver = ({ uploadId }: Remembered) => ids?.has(uploadId) === false;
    memory.forget(remembered.filter(isOver).map(({ uploadId }) => uploadId));
    for (const entry of remembered) if (!isOver(entry) && !tabs.isOthers(entry.uploadId)) this.#show(entry);
  }

  /** The next login begins with a look. */
  forgetLook(): void {
    this.#lookedFor = undefined;
  }

  /** Another tab took an upload up, and shows it. */
  othersChanged(): void {
    const { roster } = this.#dispatcher;
    for (const { key, state, uploadId } of [...roster.all()]) {
      if (state === 'unfinished' && uploadId && this.#world.tabs.isOthers(uploadId)) this.#dispatcher.drop(key);
    }
  }

  /** Where all is sent, what comes now is counted for itself. */
  #beginAnew(): void {
    const { roster } = this.#dispatcher;
    roster.refuse([]);
    const rows = [...roster.all()];
    if (rows.some(({ state }) => isUnderWay(state) || state === 'paused')) return;
    for (const { key, state } of rows) if (state === 'sent') this.#dispatcher.drop(key);
  }

  #show(remembered: Remembered): void {
    const { roster, entries } = this.#dispatcher;
    const { filename, size, uploadId } = remembered;
    // Given meanwhile.
    if (entries.withMark(markOf(remembered)) || roster.ofUpload(uploadId)) return;
    const { key } = roster.add({ filename, size, uploadId, state: 'unfinished' });
    entries.add(key, markOf(remembered));
  }

  #take(file: File, owner: string, limits: Limits): Reason | undefined {
    const { roster, entries } = this.#dispatcher;
    const mark = markOf(identityOf(file));
    const known = entries.withMark(mark);
    const state = known && roster.get(known.key)?.state;
    if (state && isUnderWay(state)) return 'twice';
    const reason = refusalOf(file, limits);
    if (reason) return reason;
    if (!known && entries.size >= MOST) return 'many';
    const plan = known?.job?.plan ?? this.#planOf(file, owner);
    const row = { filename: file.name, size: file.size, uploadId: plan?.uploadId, state: 'waiting' } as const;
    const entry = known ?? entries.add(roster.add(row).key, mark);
    // What went in one request may be there in full, so that is asked first.
    this.#dispatcher.give(entry, { file, plan, isDelivered: plan !== undefined && plan.partSize === null });
    return undefined;
  }

  #planOf(file: File, owner: string): Plan | undefined {
    const found = this.#world.memory.find(owner, identityOf(file));
    if (!found || this.#world.tabs.isOthers(found.uploadId)) return undefined;
    return { uploadId: found.uploadId, partSize: found.partSize, whole: undefined, isNew: false };
  }
}
