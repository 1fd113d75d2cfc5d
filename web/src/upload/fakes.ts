import type { Upload } from '../api/client';
import { Problem } from '../api/problem';
import type { Parcel } from './deliver';
import { Memory } from './memory';
import type { PartPut } from './partUrls';
import type { Plan } from './server';
import type { World } from './world';

const MIB = 1024 ** 2;

interface Held {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly partSize: number | null;
  state: Upload['state'];
  readonly parts: Map<number, number>;
}

/** A server and its bucket, as far as transfers see them: a file of more than 16 bytes goes in parts of 8. */
export class FakeServer {
  readonly uploads = new Map<string, Held>();
  /** What arrived in the bucket, in order. */
  readonly arrivals: string[] = [];
  /** What was asked, in order. */
  readonly asked: string[] = [];
  most = 100;
  #last = 0;
  #faults: { when: string; problem: Problem }[] = [];

  /** The next request that begins so fails. */
  fail(when: string, problem: Problem, times = 1): void {
    for (let time = 0; time < times; time += 1) this.#faults.push({ when, problem });
  }

  readonly reserve = async (filename: string, size: number) => {
    this.#ask(`reserve ${filename}`);
    const uploading = [...this.uploads.values()].filter(({ state }) => state === 'uploading').length;
    if (uploading >= this.most) throw new Problem(409, 'too_many_uploads', 'Too many.');
    this.#last += 1;
    const id = `u${this.#last}`;
    const partSize = size > 16 ? 8 : null;
    this.uploads.set(id, { id, filename, size, partSize, state: 'uploading', parts: new Map() });
    const whole = partSize === null ? put(id, 1) : undefined;
    const plan: Plan = { uploadId: id, partSize, whole, isNew: true };
    return { upload: this.row(id), plan };
  };

  readonly parts = async (id: string, numbers: number[]) => {
    this.#ask(`parts ${id} [${numbers}]`);
    const held = this.#held(id);
    if (held.state !== 'uploading') throw new Problem(409, 'wrong_state', 'It is over.');
    const uploaded = held.partSize === null ? [] : [...held.parts].map(([number, size]) => ({ number, size }));
    return {
      uploaded,
      puts: numbers.map((number) => put(id, number)),
      whole: held.partSize === null ? put(id, 1) : undefined,
    };
  };

  readonly complete = async (id: string) => {
    this.#ask(`complete ${id}`);
    const held = this.#held(id);
    if (held.state === 'failed') throw new Problem(409, 'wrong_state', 'It is over.');
    const sum = [...held.parts.values()].reduce((total, size) => total + size, 0);
    if (sum < held.size)
      throw new Problem(409, held.partSize === null ? 'source_missing' : 'parts_missing', 'Missing.');
    held.state = 'queued';
    return this.row(id);
  };

  readonly discard = async (id: string) => {
    this.#ask(`discard ${id}`);
    this.uploads.delete(id);
  };

  readonly unfinished = async () => {
    this.#ask('unfinished');
    return [...this.uploads.values()].filter(({ state }) => state === 'uploading').map(({ id }) => this.row(id));
  };

  /** The bucket takes a parcel. */
  readonly send = async (parcel: Parcel, signal: AbortSignal): Promise<void> => {
    const { url } = await parcel.put();
    signal.throwIfAborted();
    const [id = '', number = ''] = url.split('/');
    this.#ask(`put ${url}`);
    parcel.onProgress(parcel.data.size);
    this.#held(id).parts.set(Number(number), parcel.data.size);
    this.arrivals.push(url);
  };

  row(id: string): Upload {
    const { filename, size, state } = this.#held(id);
    return { id, filename, size, state } as Upload;
  }

  #held(id: string): Held {
    const held = this.uploads.get(id);
    if (!held) throw new Problem(404, 'not_found', 'There is no such upload.');
    return held;
  }

  #ask(what: string): void {
    this.asked.push(what);
    const index = this.#faults.findIndex(({ when }) => what.startsWith(when));
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (fault) throw fault.problem;
  }
}

function put(id: string, number: number): PartPut {
  return { number, url: `${id}/${number}`, headers: {}, livesMs: 900_000 };
}

/** A file whose content nobody looks at. */
export function fakeFile(name: string, size: number, lastModified = 1): File {
  return new File([new Uint8Array(Math.min(size, MIB))], name, { lastModified });
}

export interface FakeWorld extends World {
  readonly server: FakeServer;
  readonly told: string[];
  readonly pauses: number[];
  user: string | undefined;
  /** What other tabs send. */
  readonly others: Set<string>;
  setUp(isUp: boolean): void;
}

/** One where pauses take no time. */
export function fakeWorld(server = new FakeServer(), storage: Storage = localStorage): FakeWorld {
  const told: string[] = [];
  const pauses: number[] = [];
  const listeners = new Set<() => void>();
  const others = new Set<string>();
  let isUp = true;
  const connection = {
    get isUp() {
      return isUp;
    },
    check: async () => isUp,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const world: FakeWorld = {
    server,
    told,
    pauses,
    others,
    user: 'ada',
    setUp(next) {
      isUp = next;
      for (const listener of listeners) listener();
    },
    transport: async () => server.send,
    connection,
    memory: new Memory(
      () => storage,
      () => 1_800_000_000_000,
    ),
    tabs: { ask: async () => {}, isOthers: (id) => others.has(id), take: () => {}, leave: () => {} },
    limits: async () => ({ maxUploadBytes: 1000, sourceTypes: ['mp3', 'flac'] }),
    userId: () => world.user,
    now: () => 0,
    pause: async (milliseconds, signal) => {
      signal.throwIfAborted();
      pauses.push(milliseconds);
    },
    onUpload: ({ id, state }) => void told.push(`${id} ${state}`),
    onDiscarded: (id) => void told.push(`${id} discarded`),
    onNotDiscarded: (filename) => void told.push(`${filename} not discarded`),
  };
  return world;
}

/** Lets everything happen that needs no more than its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setTimeout(resolve));
}
