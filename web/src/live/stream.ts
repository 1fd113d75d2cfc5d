import { createParser } from 'eventsource-parser';
import type { Upload } from '../api/client';
import { fetchAsUser } from '../api/fetchAsUser';
import { problemOf } from '../api/problem';

/** What came at once: often nothing but a sign of life. */
export interface Heard {
  uploads: Upload[];
  /** The greatest id, in milliseconds of the server. All that changed before was sent. */
  lastId: number | undefined;
}

/** Until the server answers. */
const ANSWER_MS = 20_000;
/** It sends a comment every 15 s: after this long the connection is dead, whatever the browser believes. */
export const SILENCE_MS = 45_000;

export interface Reading {
  /** From where on. */
  since: number | undefined;
  signal: AbortSignal;
  onHeard: (heard: Heard) => void;
  ask?: (request: Request) => Promise<Response>;
}

/** Reads one stream of events until the server ends it. Throws if there is none, and on silence. */
export async function readStream({ since, signal, onHeard, ask = fetchAsUser }: Reading): Promise<void> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new TypeError('nothing is heard'));
  let timer = setTimeout(giveUp, ANSWER_MS);
  try {
    const url = new URL('/api/v1/events', location.origin);
    if (since !== undefined) url.searchParams.set('since', String(since));
    const request = new Request(url, {
      headers: { accept: 'text/event-stream' },
      cache: 'no-store',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const response = await ask(request);
    if (!response.ok || !response.body) throw problemOf(response, await response.json().catch(() => undefined));
    const take = chunks(onHeard);
    const reader = response.body.getReader();
    take('');
    while (true) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Takes pieces of a stream as they come, and tells once for each what was in it. */
export function chunks(onHeard: (heard: Heard) => void): (piece: Uint8Array | string) => void {
  const decoder = new TextDecoder();
  let uploads: Upload[] = [];
  let lastId: number | undefined;
  const parser = createParser({
    onEvent: ({ event, id, data }) => {
      const upload = event === 'upload' ? uploadIn(data) : undefined;
      if (!upload) return;
      uploads.push(upload);
      // Not the last: at first come all that are unfinished, which may not have changed for hours.
      const number = Number(id);
      if (Number.isSafeInteger(number)) lastId = Math.max(lastId ?? number, number);
    },
  });
  return (piece) => {
    parser.feed(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
    const heard = { uploads, lastId };
    uploads = [];
    onHeard(heard);
  };
}

/** What cannot be read is as good as not sent: asking again would bring the same. */
function uploadIn(data: string): Upload | undefined {
  try {
    const upload: unknown = JSON.parse(data);
    return typeof upload === 'object' && upload !== null && 'id' in upload ? (upload as Upload) : undefined;
  } catch {
    return undefined;
  }
}
