import { Problem } from '../api/problem';
import { PartUrls, type Put } from './partUrls';
import type { Plan, Server } from './server';

/** One request to the bucket: a file, or a part of it. */
export interface Parcel {
  /** No two that are under way have the same. */
  readonly name: string;
  readonly data: Blob;
  /** Asked for when its turn has come. */
  readonly put: () => Promise<Put>;
  readonly onProgress: (bytes: number) => void;
}

/** Brings a parcel to the bucket; rejects with a `Problem`, or with the reason of `signal`. */
export type Send = (parcel: Parcel, signal: AbortSignal) => Promise<void>;

export interface Delivery {
  readonly file: Blob;
  readonly plan: Plan;
  /** What is there or on its way, of the whole file. */
  readonly onProgress: (bytes: number) => void;
  /** Something arrived for good. */
  readonly onArrival: () => void;
}

/** Of one file. More than the transport sends at once: what waits there keeps the line busy. */
const AT_ONCE = 6;

/** Sends what the bucket does not have of a file. */
export async function deliver(
  { file, plan, onProgress, onArrival }: Delivery,
  tools: { server: Pick<Server, 'parts'>; send: Send },
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const whole = plan.partSize === null;
  const parts = cut(file, plan.partSize ?? file.size);
  const there = whole || plan.isNew ? [] : (await tools.server.parts(plan.uploadId, [], signal)).uploaded;
  const missing = parts.filter(
    (part) => !there.some(({ number, size }) => number === part.number && size === part.size),
  );
  const lacking = missing.reduce((sum, { size }) => sum + size, 0);

  const moving = new Map<number, number>();
  let arrived = file.size - lacking;
  const report = () => onProgress(arrived + [...moving.values()].reduce((sum, bytes) => sum + bytes, 0));
  report();

  const numbers = missing.map(({ number }) => number);
  const urls = new PartUrls(
    numbers,
    whole ? askWhole(plan, tools.server, either) : askParts(plan, tools.server, either),
  );
  const queue = missing.values();

  const work = async () => {
    for (const { number, start, size } of queue) {
      const data = whole ? file : file.slice(start, start + size);
      const parcel: Parcel = {
        name: `${plan.uploadId}/${number}`,
        data,
        put: () => urls.take(number),
        onProgress: (bytes) => {
          moving.set(number, Math.min(bytes, size));
          report();
        },
      };
      const lost = () => {
        urls.refuse(number);
        moving.delete(number);
        report();
      };
      await tools.send(parcel, either).catch((thrown: unknown) => {
        lost();
        // The URL ran out on its way, or was signed before the bucket's keys changed: once more with another.
        if (thrown instanceof Problem && thrown.status === 403) return tools.send(parcel, either);
        throw thrown;
      });
      moving.delete(number);
      arrived += size;
      onArrival();
      report();
    }
  };

  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, missing.length) }, work));
  } finally {
    // One that failed ends the others: the next try begins with what the bucket has.
    stop.abort();
  }
}

interface Part {
  readonly number: number;
  readonly start: number;
  readonly size: number;
}

function cut(file: Blob, partSize: number): Part[] {
  return Array.from({ length: Math.ceil(file.size / partSize) }, (_, index) => {
    const start = index * partSize;
    return { number: index + 1, start, size: Math.min(partSize, file.size - start) };
  });
}

function askParts(plan: Plan, server: Pick<Server, 'parts'>, signal: AbortSignal) {
  return async (numbers: number[]) => (await server.parts(plan.uploadId, numbers, signal)).puts;
}

function askWhole(plan: Plan, server: Pick<Server, 'parts'>, signal: AbortSignal) {
  let first = plan.whole;
  return async () => {
    const put = first ?? (await server.parts(plan.uploadId, [], signal)).whole;
    first = undefined;
    return put ? [{ number: 1, ...put }] : [];
  };
}
