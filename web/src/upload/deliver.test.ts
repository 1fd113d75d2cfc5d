import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { type Delivery, deliver, type Send } from './deliver';
import { FakeServer, fakeFile } from './fakes';
import type { Plan } from './server';

const never = new AbortController().signal;

async function begun(size: number) {
  const server = new FakeServer();
  const { plan } = await server.reserve('song.mp3', size);
  const progress: number[] = [];
  const delivery = (over: Partial<Plan> = {}): Delivery => ({
    file: fakeFile('song.mp3', size),
    plan: { ...plan, ...over },
    onProgress: (bytes) => progress.push(bytes),
    onArrival: () => {},
  });
  return { server, delivery, progress, plan };
}

const tools = (server: FakeServer, send: Send = server.send) => ({ server, send });

describe('deliver', () => {
  it('sends a small file in one request, to the URL of its reservation', async () => {
    const { server, delivery, progress } = await begun(10);
    await deliver(delivery(), tools(server), never);
    expect(server.asked).toEqual(['reserve song.mp3', 'put u1/1']);
    expect(progress.at(-1)).toBe(10);
  });

  it('asks for a URL where a small file is sent anew', async () => {
    const { server, delivery } = await begun(10);
    await deliver(delivery({ whole: undefined, isNew: false }), tools(server), never);
    expect(server.asked.slice(1)).toEqual(['parts u1 []', 'put u1/1']);
  });

  it('cuts a large file into parts of the plan, the last one shorter', async () => {
    const { server, delivery, progress } = await begun(30);
    await deliver(delivery(), tools(server), never);
    expect([...(server.uploads.get('u1')?.parts ?? [])].sort()).toEqual([
      [1, 8],
      [2, 8],
      [3, 8],
      [4, 6],
    ]);
    expect([progress[0], progress.at(-1)]).toEqual([0, 30]);
  });

  it('sends only what the bucket does not have, and begins to count there', async () => {
    const { server, delivery, progress } = await begun(30);
    server.uploads.get('u1')?.parts.set(1, 8).set(3, 8);
    await deliver(delivery({ isNew: false }), tools(server), never);
    expect(server.arrivals).toEqual(['u1/2', 'u1/4']);
    expect([progress[0], progress.at(-1)]).toEqual([16, 30]);
  });

  it('sends a part again that arrived with another length', async () => {
    const { server, delivery } = await begun(30);
    server.uploads.get('u1')?.parts.set(1, 8).set(2, 5).set(3, 8).set(4, 6);
    await deliver(delivery({ isNew: false }), tools(server), never);
    expect(server.arrivals).toEqual(['u1/2']);
  });

  it('sends nothing where everything is there', async () => {
    const { server, delivery } = await begun(30);
    server.uploads.get('u1')?.parts.set(1, 8).set(2, 8).set(3, 8).set(4, 6);
    await deliver(delivery({ isNew: false }), tools(server), never);
    expect(server.arrivals).toEqual([]);
  });

  it('asks for another URL where one is refused, once', async () => {
    const { server, delivery } = await begun(30);
    const refused = new Problem(403, 'storage', 'Refused.');
    server.fail('put u1/2', refused);
    await deliver(delivery(), tools(server), never);
    expect(server.asked.filter((asked) => asked.startsWith('parts'))).toEqual(['parts u1 [1,2,3,4]', 'parts u1 [2]']);
    expect(server.arrivals.length).toBe(4);
  });

  it('gives up where the second is refused as well', async () => {
    const { server, delivery } = await begun(10);
    server.fail('put', new Problem(403, 'storage', 'Refused.'), 2);
    await expect(deliver(delivery(), tools(server), never)).rejects.toThrow('Refused.');
  });

  it('ends the other parts when one fails, and takes back what of it seemed sent', async () => {
    const { server, delivery, progress } = await begun(32);
    const ended: number[] = [];
    const send: Send = (parcel, signal) => {
      const number = Number(parcel.name.split('/')[1]);
      if (number === 1) {
        parcel.onProgress(5);
        return Promise.reject(new Problem(500, 'storage', 'Broken.'));
      }
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          ended.push(number);
          reject(signal.reason);
        });
      });
    };
    await expect(deliver(delivery(), tools(server, send), never)).rejects.toThrow('Broken.');
    expect(ended).toEqual([2, 3, 4]);
    expect(progress).toContain(5);
    expect(progress.at(-1)).toBe(0);
  });

  it('stops when it is told to', async () => {
    const { server, delivery } = await begun(32);
    const stop = new AbortController();
    const send: Send = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const sending = deliver(delivery(), tools(server, send), stop.signal);
    stop.abort(new Error('paused'));
    await expect(sending).rejects.toThrow('paused');
  });

  it('keeps a bounded number of parts under way', async () => {
    const { server, delivery } = await begun(800);
    let now = 0;
    let most = 0;
    const send: Send = async (parcel, signal) => {
      now += 1;
      most = Math.max(most, now);
      await server.send(parcel, signal);
      now -= 1;
    };
    await deliver(delivery(), tools(server, send), never);
    expect(most).toBe(6);
    expect(server.arrivals.length).toBe(100);
  });
});
