import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { carry, type Hands, type Job } from './carry';
import { FakeServer, fakeFile } from './fakes';

const busy = (retryAfterSeconds?: number) => new Problem(503, 'unavailable', 'Busy.', undefined, retryAfterSeconds);
const offline = new Problem(0, 'offline', 'Not reached.');

function begin(size: number, over: Partial<Hands> = {}) {
  const server = new FakeServer();
  const pauses: number[] = [];
  const states: string[] = [];
  const gone: string[] = [];
  const stop = new AbortController();
  const job: Job = { file: fakeFile('song.mp3', size), plan: undefined, isDelivered: false };
  const hands: Hands = {
    server,
    transport: async () => server.send,
    isReachable: async () => true,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    onReserved: () => {},
    onProgress: () => {},
    onState: (state, reason) => void states.push(reason ? `${state}: ${reason}` : state),
    onGone: ({ uploadId }) => void gone.push(uploadId),
    ...over,
  };
  return { server, pauses, states, gone, stop, job, carried: () => carry(job, hands, stop.signal) };
}

describe('carry', () => {
  it('reserves, sends and completes', async () => {
    const { server, states, carried } = begin(20);
    expect((await carried()).state).toBe('queued');
    expect(server.asked).toEqual([
      'reserve song.mp3',
      'parts u1 [1,2,3]',
      'put u1/1',
      'put u1/2',
      'put u1/3',
      'complete u1',
    ]);
    expect(states).toEqual(['sending', 'sending', 'finishing']);
  });

  it('does not send again what arrived before a failure', async () => {
    const { server, carried } = begin(30);
    server.fail('put u1/4', busy());
    await carried();
    expect([...server.arrivals].sort()).toEqual(['u1/1', 'u1/2', 'u1/3', 'u1/4']);
    expect(server.asked.filter((asked) => asked.startsWith('reserve'))).toEqual(['reserve song.mp3']);
  });

  it('completes again, and sends nothing, where the answer to complete was lost', async () => {
    const { server, carried } = begin(10);
    server.fail('complete', offline, 2);
    await carried();
    expect(server.arrivals).toEqual(['u1/1']);
  });

  it('sends what the server says is missing', async () => {
    const { server, carried } = begin(30);
    server.fail('complete', new Problem(409, 'parts_missing', 'Missing.'));
    const { complete } = server;
    let isFirst = true;
    Object.assign(server, {
      complete: (id: string) => {
        if (isFirst) server.uploads.get(id)?.parts.delete(2);
        isFirst = false;
        return complete(id);
      },
    });
    await carried();
    expect(server.arrivals.slice(4)).toEqual(['u1/2']);
  });

  it('waits as long as the server asks for, and longer each time', async () => {
    const { server, pauses, carried } = begin(10);
    server.fail('reserve', new Problem(429, 'too_many_requests', 'Slow.', undefined, 17));
    server.fail('reserve', busy(), 3);
    await carried();
    expect(pauses[0]).toBe(17_000);
    expect(pauses.length).toBe(4);
    for (const [index, least] of [1500, 3000, 6000].entries()) {
      expect(pauses[index + 1]).toBeGreaterThanOrEqual(least);
      expect(pauses[index + 1]).toBeLessThanOrEqual((least / 3) * 4);
    }
  });

  it('gives up after eight failures in a row, in the words of the last', async () => {
    const { server, pauses, carried } = begin(10);
    server.fail('reserve', busy(), 8);
    await expect(carried()).rejects.toThrow('Busy.');
    expect(pauses.length).toBe(7);
  });

  it('counts anew once something arrived', async () => {
    const { server, carried } = begin(50);
    for (const number of [1, 2, 3, 4, 5, 6]) server.fail(`put u1/${number}`, busy(), 6);
    expect((await carried()).state).toBe('queued');
  });

  it('does not try again what would be refused again', async () => {
    const { server, pauses, carried } = begin(10);
    server.fail('reserve', new Problem(400, 'unsupported_type', 'Not taken.'));
    await expect(carried()).rejects.toThrow('Not taken.');
    expect(pauses).toEqual([]);
  });

  it('waits for a place, and says so', async () => {
    const { server, states, pauses, carried } = begin(10);
    server.most = 0;
    const { reserve } = server;
    Object.assign(server, {
      reserve: (...given: Parameters<typeof reserve>) => {
        if (pauses.length === 20) server.most = 1;
        return reserve(...given);
      },
    });
    await carried();
    expect(states[1]).toMatch(/^sending: Waiting for a place/);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
  });

  it('ends where the upload was called off elsewhere, and forgets it', async () => {
    const { server, gone, job, carried } = begin(30);
    const { parts } = server;
    Object.assign(server, {
      parts: (...given: Parameters<typeof parts>) => {
        const held = server.uploads.get('u1');
        if (held) held.state = 'failed';
        return parts(...given);
      },
    });
    await expect(carried()).rejects.toMatchObject({ code: 'gone' });
    expect(gone).toEqual(['u1']);
    expect(job.plan).toBeUndefined();
  });

  it('is content with an upload that somebody else completed', async () => {
    const { server, job, carried } = begin(30);
    const { plan } = await server.reserve('song.mp3', 30);
    job.plan = { ...plan, isNew: false };
    const held = server.uploads.get('u1');
    for (const number of [1, 2, 3, 4]) held?.parts.set(number, 8);
    if (held) held.state = 'queued';
    expect((await carried()).state).toBe('queued');
    expect(server.arrivals).toEqual([]);
  });

  it('asks first whether a file that goes in one request is there', async () => {
    const { server, job, carried } = begin(10);
    const { plan } = await server.reserve('song.mp3', 10);
    job.plan = { ...plan, isNew: false, whole: undefined };
    job.isDelivered = true;
    await carried();
    expect(server.asked.slice(1)).toEqual(['complete u1', 'parts u1 []', 'put u1/1', 'complete u1']);
  });

  it('tells a file that cannot be read from a network that cannot be reached', async () => {
    const { server, job, carried } = begin(10);
    server.fail('put', new Problem(0, 'storage', 'Not reached.'));
    const gone = { arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) };
    job.file.slice = () => gone as unknown as Blob;
    await expect(carried()).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('keeps its place when it is stopped, and goes on from there', async () => {
    const { server, stop, job, carried } = begin(30);
    server.fail('put u1/3', offline);
    const stopped = begin(30, {
      server,
      transport: async () => server.send,
      isReachable: async () => {
        stopped.stop.abort();
        return false;
      },
    });
    await expect(stopped.carried()).rejects.toThrow();
    expect(stopped.job.plan?.uploadId).toBe('u1');
    const before = server.arrivals.length;
    expect(before).toBeGreaterThan(0);
    job.plan = stopped.job.plan;
    await carried();
    expect(stop.signal.aborted).toBe(false);
    expect(new Set(server.arrivals).size).toBe(server.arrivals.length);
  });
});
