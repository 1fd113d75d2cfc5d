import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { example } from '../library/example';
import { chunks, type Heard, readStream, SILENCE_MS } from './stream';

const event = (id: number, data: string, name = 'upload') => `event: ${name}\nid: ${id}\ndata: ${data}\n\n`;
const encoder = new TextEncoder();

describe('events', () => {
  it('are told together as they come, with the greatest id', () => {
    const heard: Heard[] = [];
    const take = chunks((each) => heard.push(each));
    const [one, two] = [example(1), example(2)];
    take(event(20, JSON.stringify(one)) + event(10, JSON.stringify(two)));
    take(': still here\n\n');
    expect(heard).toEqual([
      { uploads: [one, two], lastId: 20 },
      { uploads: [], lastId: 20 },
    ]);
  });

  it('may be torn anywhere, letters too', () => {
    const heard: Heard[] = [];
    const take = chunks((each) => heard.push(each));
    const song = example(1, { title: 'Für Élise' });
    const bytes = encoder.encode(event(5, JSON.stringify(song)));
    for (const byte of bytes) take(Uint8Array.of(byte));
    expect(heard.flatMap(({ uploads }) => uploads)).toEqual([song]);
  });

  it('that nobody can read are left out', () => {
    const heard: Heard[] = [];
    const take = chunks((each) => heard.push(each));
    take(event(1, '{') + event(2, 'null') + event(3, '{"id": "x"}', 'other') + event(4, JSON.stringify(example(4))));
    expect(heard).toEqual([{ uploads: [example(4)], lastId: 4 }]);
  });
});

describe('a connection', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** A server that sends what it is told to, and notices when it is left. */
  function server() {
    let send = (_text: string) => {};
    let end = () => {};
    const asked: string[] = [];
    const ask = async (request: Request) => {
      asked.push(request.url);
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (text) => controller.enqueue(encoder.encode(text));
          end = () => controller.close();
          request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    return { ask, asked, send: (text: string) => send(text), end: () => end() };
  }

  it('goes on from where it was, and ends when the server ends it', async () => {
    const { ask, asked, send, end } = server();
    const heard: Heard[] = [];
    const read = readStream({
      since: 7,
      signal: new AbortController().signal,
      onHeard: (each) => heard.push(each),
      ask,
    });
    await vi.advanceTimersByTimeAsync(0);
    send(event(8, JSON.stringify(example(8))));
    end();
    await read;
    expect(asked[0]).toMatch(/\/api\/v1\/events\?since=7$/);
    expect(heard.flatMap(({ uploads }) => uploads)).toEqual([example(8)]);
  });

  it('is dead after a silence, and not while anything comes', async () => {
    const { ask, send } = server();
    let ended: unknown;
    readStream({ since: undefined, signal: new AbortController().signal, onHeard: () => {}, ask }).catch((thrown) => {
      ended = thrown;
    });
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    send(': still here\n\n');
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    expect(ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect(ended).toBeInstanceOf(TypeError);
  });

  it('that is refused says why', async () => {
    const body = { code: 'too_many_requests', detail: 'too many event streams are open' };
    const ask = async () => Response.json(body, { status: 429 });
    const read = readStream({ since: undefined, signal: new AbortController().signal, onHeard: () => {}, ask });
    await expect(read).rejects.toMatchObject({ status: 429, code: 'too_many_requests' });
  });

  it('ends when it is not wanted any more', async () => {
    const { ask } = server();
    const unwanted = new AbortController();
    const read = readStream({ since: undefined, signal: unwanted.signal, onHeard: () => {}, ask });
    await vi.advanceTimersByTimeAsync(0);
    unwanted.abort();
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
  });
});
