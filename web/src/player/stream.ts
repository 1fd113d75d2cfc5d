import { answer, api, type Upload } from '../api/client';
import type { Quality } from './memory';
import type { Trouble } from './recovery';

/** How it is played: by hls.js, by a browser that knows HLS, or the uploaded file itself. */
export type Mode = 'hls' | 'native' | 'original';

export interface Playback {
  /** The multivariant playlist. Who has it can listen, for some hours. */
  url: string;
  /** RFC 3339. By the server's clock, so for us it is a hint only. */
  expires_at: string;
  /** The uploaded file, for browsers that can play nothing else. Not every upload still has one. */
  original?: { url: string; content_type: string } | null;
}

/** Something that feeds the element. */
export interface Stream {
  readonly mode: Mode;
  choose(quality: Quality): void;
  /** No more requests, until `load`. What is buffered plays on. */
  stop(): void;
  /** Loads on, from a new URL where one is given. */
  load(playback: Playback | null): void;
  /** After a media error: sets the decoder up anew. */
  recover(isSwapped: boolean): void;
  destroy(): void;
}

/** What a stream tells, and what it may ask. */
export interface Host {
  /** Where to go on, in seconds. */
  position(): number;
  /** Whether the URLs that it has may well have run out. */
  isStale(): boolean;
  /** The element has a source, perhaps again: it does not play by itself. */
  attached(): void;
  /** Something came over the network and was of use. */
  loaded(): void;
  trouble(trouble: Trouble): void;
  /** Lowest first. */
  rungs(names: readonly string[]): void;
  /** Of the segment that is being heard; null: not known. */
  rung(name: string | null): void;
  /** In bits per second. */
  bandwidth(measured: number): void;
}

export async function askForPlayback({ id }: Upload, signal: AbortSignal): Promise<Playback> {
  return answer(api.POST('/api/v1/uploads/{id}/playback', { params: { path: { id } }, signal }));
}
