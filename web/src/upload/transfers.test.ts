import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import type { Parcel, Send } from './deliver';
import { Dispatcher } from './dispatcher';
import { FakeServer, type FakeWorld, fakeFile, fakeWorld, settle } from './fakes';
import { Intake } from './intake';

/** A page: what it knows is lost with it, unlike the browser's memory and the server. */
function open(world: FakeWorld) {
  const dispatcher = new Dispatcher(world);
  const intake = new Intake(world, dispatcher);
  const rows = () => [...dispatcher.roster.all()];
  return {
    dispatcher,
    intake,
    rows,
    states: () => rows().map(({ filename, state }) => `${filename} ${state}`),
    key: (filename: string) => rows().find((row) => row.filename === filename)?.key ?? '',
    async add(...files: File[]) {
      await intake.add(files);
      await settle();
    },
  };
}

/** A bucket that takes a parcel only when it is told to. */
function slowBucket(server: FakeServer) {
  const waiting = new Map<string, () => void>();
  const begun: string[] = [];
  const send: Send = (parcel: Parcel, signal) => {
    begun.push(parcel.name);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        waiting.delete(parcel.name);
        reject(signal.reason);
      });
      waiting.set(parcel.name, () => {
        waiting.delete(parcel.name);
        server.send(parcel, signal).then(resolve, reject);
      });
    });
  };
  const take = async (name: string) => {
    waiting.get(name)?.();
    await settle();
  };
  return { transport: async () => send, begun, waiting, take };
}

describe('transfers', () => {
  let server: FakeServer;
  let world: FakeWorld;

  beforeEach(() => {
    localStorage.clear();
    server = new FakeServer();
    world = fakeWorld(server);
  });

  const slow = () => {
    const bucket = slowBucket(server);
    return { bucket, page: open(Object.assign(world, { transport: bucket.transport })) };
  };

  it('brings files into the library, and tells it what the server said', async () => {
    const page = open(world);
    await page.add(fakeFile('a.mp3', 10), fakeFile('b.flac', 30));
    expect(page.states()).toEqual(['a.mp3 sent', 'b.flac sent']);
    expect(world.told.sort()).toEqual(['u1 queued', 'u1 uploading', 'u2 queued', 'u2 uploading']);
    expect(world.memory.of('ada')).toEqual([]);
    expect(page.dispatcher.roster.overview().phase).toBe('sent');
  });

  it('says what it does not take before anything is asked of the server, all in one', async () => {
    const page = open(world);
    await page.add(fakeFile('a.mp3', 10), fakeFile('b.jpg', 10), fakeFile('c.mp3', 0), fakeFile('d.mp3', 2000));
    expect(page.states()).toEqual(['a.mp3 sent']);
    const { refusals } = page.dispatcher.roster.overview();
    expect(refusals.map(({ reason, files }) => `${reason}: ${files}`)).toEqual([
      'size: d.mp3',
      'type: b.jpg',
      'empty: c.mp3',
    ]);
    expect(server.asked.some((asked) => /[bcd]\./.test(asked))).toBe(false);
  });

  it('sends three files at once, and the others in their order', async () => {
    const { bucket, page } = slow();
    await page.add(...['a', 'b', 'c', 'd', 'e'].map((name) => fakeFile(`${name}.mp3`, 10)));
    expect(bucket.begun).toEqual(['u1/1', 'u2/1', 'u3/1']);
    expect(page.states().slice(3)).toEqual(['d.mp3 waiting', 'e.mp3 waiting']);
    await bucket.take('u2/1');
    expect(bucket.begun.slice(3)).toEqual(['u4/1']);
    expect(server.uploads.get('u4')?.filename).toBe('d.mp3');
  });

  it('reserves no more than it sends', async () => {
    const { page } = slow();
    await page.add(...Array.from({ length: 1000 }, (_, index) => fakeFile(`${index}.mp3`, 10)));
    expect(server.uploads.size).toBe(3);
    expect(page.dispatcher.roster.overview().counts.waiting).toBe(997);
  });

  it('goes on behind a file that is paused, and with it when it is resumed', async () => {
    const { bucket, page } = slow();
    await page.add(...['a', 'b', 'c', 'd', 'e'].map((name) => fakeFile(`${name}.mp3`, 30)));
    await bucket.take('u1/1');
    page.dispatcher.pause(page.key('a.mp3'));
    await settle();
    expect(page.states()).toContain('a.mp3 paused');
    expect(server.uploads.get('u4')?.filename).toBe('d.mp3');
    page.dispatcher.resume(page.key('a.mp3'));
    expect(page.states()).toContain('a.mp3 waiting');
    for (const number of [1, 2, 3, 4]) await bucket.take(`u2/${number}`);
    expect(page.states()).toContain('b.mp3 sent');
    expect(page.states()).toEqual(expect.arrayContaining(['a.mp3 sending', 'e.mp3 waiting']));
    for (const number of [2, 3, 4]) await bucket.take(`u1/${number}`);
    expect(page.states()).toContain('a.mp3 sent');
    expect(server.arrivals.filter((url) => url === 'u1/1').length).toBe(1);
  });

  it('can be paused and resumed in one breath', async () => {
    const { bucket, page } = slow();
    await page.add(fakeFile('a.mp3', 10));
    page.dispatcher.pause(page.key('a.mp3'));
    page.dispatcher.resume(page.key('a.mp3'));
    await settle();
    expect(page.states()).toEqual(['a.mp3 sending']);
    await bucket.take('u1/1');
    expect(page.states()).toEqual(['a.mp3 sent']);
  });

  it('leaves nothing of what is cancelled', async () => {
    const { bucket, page } = slow();
    await page.add(fakeFile('a.mp3', 10), fakeFile('b.mp3', 10));
    await page.dispatcher.cancel(page.key('a.mp3'));
    expect(page.states()).toEqual(['b.mp3 sending']);
    expect([...server.uploads.keys()]).toEqual(['u2']);
    expect(world.told).toContain('u1 discarded');
    expect(world.memory.of('ada').map(({ uploadId }) => uploadId)).toEqual(['u2']);
    expect([...bucket.waiting.keys()]).toEqual(['u2/1']);
  });

  it('leaves nothing of what is cancelled while it is being reserved', async () => {
    const { page } = slow();
    await page.intake.add([fakeFile('a.mp3', 10)]);
    await page.dispatcher.cancel(page.key('a.mp3'));
    expect(page.states()).toEqual([]);
    expect(server.asked).toEqual(['reserve a.mp3', 'discard u1']);
    expect(world.memory.of('ada')).toEqual([]);
  });

  it('asks nothing of the server for what had not begun', async () => {
    const { page } = slow();
    await page.add(...['a', 'b', 'c', 'd'].map((name) => fakeFile(`${name}.mp3`, 10)));
    await page.dispatcher.cancel(page.key('d.mp3'));
    expect(page.states().length).toBe(3);
    expect(server.asked.some((asked) => asked.startsWith('discard'))).toBe(false);
  });

  it('tries again to take away what is cancelled, and says so when it cannot', async () => {
    const { page } = slow();
    await page.add(fakeFile('a.mp3', 10), fakeFile('b.mp3', 10));
    const unavailable = new Problem(503, 'unavailable', 'Busy.');
    server.fail('discard u1', unavailable, 3);
    await page.dispatcher.cancel(page.key('a.mp3'));
    expect(world.told).toContain('u1 discarded');
    server.fail('discard u2', unavailable, 7);
    await page.dispatcher.cancel(page.key('b.mp3'));
    expect(world.told).toContain('b.mp3 not discarded');
  });

  it('does not take a file twice while it is under way', async () => {
    const { page } = slow();
    await page.add(fakeFile('a.mp3', 10));
    await page.add(fakeFile('a.mp3', 10), fakeFile('a.mp3', 10, 2));
    expect(page.rows().length).toBe(2);
    expect(page.dispatcher.roster.overview().refusals).toMatchObject([{ reason: 'twice', files: 'a.mp3' }]);
  });

  it('stops without a connection, and goes on by itself without sending anything again', async () => {
    const { bucket, page } = slow();
    await page.add(fakeFile('a.mp3', 30), fakeFile('b.mp3', 10));
    await bucket.take('u1/1');
    world.setUp(false);
    await settle();
    expect(page.states()).toEqual(['a.mp3 offline', 'b.mp3 offline']);
    expect(page.dispatcher.roster.overview().phase).toBe('offline');
    expect(bucket.waiting.size).toBe(0);
    world.setUp(true);
    await settle();
    expect(page.states()).toEqual(['a.mp3 sending', 'b.mp3 sending']);
    for (const name of ['u1/2', 'u1/3', 'u1/4', 'u2/1']) await bucket.take(name);
    expect(page.states()).toEqual(['a.mp3 sent', 'b.mp3 sent']);
    expect(new Set(server.arrivals).size).toBe(server.arrivals.length);
  });

  it('knows a failed file again, tries it when asked, and not what cannot be mended', async () => {
    const page = open(world);
    server.fail('put', new Problem(500, 'storage', 'Broken.'), 8);
    server.fail('reserve c', new Problem(400, 'bad_filename', 'Bad name.'));
    await page.add(fakeFile('a.mp3', 10), fakeFile('c.mp3', 10));
    expect(page.rows()).toMatchObject([
      { state: 'failed', reason: 'Broken.', canRetry: true },
      { state: 'failed', reason: 'Bad name.', canRetry: false },
    ]);
    page.dispatcher.resume(page.key('a.mp3'));
    page.dispatcher.resume(page.key('c.mp3'));
    await settle();
    expect(page.states()).toEqual(['a.mp3 sent', 'c.mp3 failed']);
  });

  describe('after the page was reloaded', () => {
    const half = async () => {
      const { bucket, page } = slow();
      await page.add(fakeFile('a.mp3', 30), fakeFile('b.mp3', 10));
      await bucket.take('u1/1');
      await bucket.take('u1/3');
      return open(fakeWorld(server));
    };

    it('says what is unfinished, once', async () => {
      const page = await half();
      await page.intake.lookBack();
      await page.intake.lookBack();
      expect(page.states()).toEqual(['a.mp3 unfinished', 'b.mp3 unfinished']);
      expect(page.dispatcher.roster.overview().phase).toBe('unfinished');
    });

    it('goes on with a file that is given again, and sends only what is missing', async () => {
      const page = await half();
      await page.intake.lookBack();
      const before = server.arrivals.length;
      await page.add(fakeFile('a.mp3', 30));
      expect(page.states()).toEqual(['a.mp3 sent', 'b.mp3 unfinished']);
      expect(server.arrivals.slice(before)).toEqual(['u1/2', 'u1/4']);
      expect(server.uploads.size).toBe(2);
    });

    it('goes on with it also where it did not look back first', async () => {
      const page = await half();
      await page.add(fakeFile('a.mp3', 30));
      await page.intake.lookBack();
      expect(page.states()).toEqual(['a.mp3 sent', 'b.mp3 unfinished']);
      expect(server.uploads.size).toBe(2);
    });

    it('takes a changed file of the same name and size for another', async () => {
      const page = await half();
      await page.intake.lookBack();
      await page.add(fakeFile('a.mp3', 30, 2));
      expect(page.states()).toEqual(['a.mp3 unfinished', 'b.mp3 unfinished', 'a.mp3 sent']);
      expect(server.uploads.size).toBe(3);
    });

    it('sends a file that goes in one request anew', async () => {
      const page = await half();
      await page.add(fakeFile('b.mp3', 10));
      expect(page.states()).toEqual(['b.mp3 sent']);
      expect(server.arrivals.at(-1)).toBe('u2/1');
      expect(server.uploads.size).toBe(2);
    });

    it('forgets what ended meanwhile', async () => {
      const page = await half();
      server.uploads.delete('u1');
      await page.intake.lookBack();
      expect(page.states()).toEqual(['b.mp3 unfinished']);
      await page.add(fakeFile('a.mp3', 30));
      expect(page.states()).toEqual(['b.mp3 unfinished', 'a.mp3 sent']);
    });

    it('shows nothing that another tab sends, and does not send it twice', async () => {
      await half();
      const other = fakeWorld(server);
      other.others.add('u1');
      const page = open(other);
      await page.intake.lookBack();
      expect(page.states()).toEqual(['b.mp3 unfinished']);
      other.others.add('u2');
      page.intake.othersChanged();
      expect(page.states()).toEqual([]);
    });

    it('shows nothing to another user', async () => {
      await half();
      const page = open(Object.assign(fakeWorld(server), { user: 'bob' }));
      await page.intake.lookBack();
      expect(page.states()).toEqual([]);
    });

    it('discards what is not wanted any more', async () => {
      const page = await half();
      await page.intake.lookBack();
      await page.dispatcher.cancel(page.key('a.mp3'));
      expect([...server.uploads.keys()]).toEqual(['u2']);
      expect(page.states()).toEqual(['b.mp3 unfinished']);
    });
  });

  it('stops what was called off in the library', async () => {
    const { bucket, page } = slow();
    await page.add(fakeFile('a.mp3', 10), fakeFile('b.mp3', 10));
    page.dispatcher.endedElsewhere('u1');
    await settle();
    expect(page.states()).toEqual(['b.mp3 sending']);
    expect([...bucket.waiting.keys()]).toEqual(['u2/1']);
    expect(world.memory.of('ada').map(({ uploadId }) => uploadId)).toEqual(['u2']);
  });

  it('reserves nothing for the last of many that are all cancelled', async () => {
    const { page } = slow();
    await page.add(...Array.from({ length: 50 }, (_, index) => fakeFile(`${index}.mp3`, 10)));
    for (const { key } of page.rows()) void page.dispatcher.cancel(key);
    await settle();
    expect(page.rows()).toEqual([]);
    expect(server.uploads.size).toBe(0);
    expect(server.asked.filter((asked) => asked.startsWith('reserve')).length).toBe(3);
  });

  it('counts what comes after all is sent for itself', async () => {
    const page = open(world);
    await page.add(fakeFile('a.mp3', 10));
    await page.add(fakeFile('b.mp3', 10));
    expect(page.states()).toEqual(['b.mp3 sent']);
  });

  it('sends anew, when asked, what the server has given up', async () => {
    const { bucket, page } = slow();
    await page.add(fakeFile('a.mp3', 10));
    server.uploads.delete('u1');
    page.dispatcher.endedElsewhere('u1', 'It took too long.');
    await settle();
    expect(page.rows()).toMatchObject([{ state: 'failed', reason: 'It took too long.', uploadId: undefined }]);
    expect(bucket.waiting.size).toBe(0);
    page.dispatcher.resume(page.key('a.mp3'));
    await settle();
    await bucket.take('u2/1');
    expect(page.states()).toEqual(['a.mp3 sent']);
  });

  it('waits for whoever logs in again, and shows nothing to anybody else', async () => {
    const { page } = slow();
    await page.add(fakeFile('a.mp3', 10));
    world.user = undefined;
    page.dispatcher.hold();
    await settle();
    expect(page.states()).toEqual(['a.mp3 offline']);
    world.user = 'ada';
    page.dispatcher.own('ada');
    page.dispatcher.pump();
    await settle();
    expect(page.states()).toEqual(['a.mp3 sending']);
    world.user = 'bob';
    page.dispatcher.own('bob');
    expect(page.states()).toEqual([]);
  });
});
