import { AUTO, type Quality } from './memory';
import type { Trouble } from './recovery';
import type { Host, Playback, Stream } from './stream';

/** As in MediaError. */
const NETWORK = 2;
const DECODE = 3;

/** What the browser plays by itself: HLS where it knows that, or the uploaded file. */
export class FileStream implements Stream {
  readonly mode: 'native' | 'original';
  readonly #media: HTMLMediaElement;
  readonly #host: Host;
  #playback: Playback;
  #quality: Quality;
  /** Ends the listeners. */
  readonly #over = new AbortController();

  constructor(
    mode: 'native' | 'original',
    media: HTMLMediaElement,
    options: { playback: Playback; quality: Quality; host: Host },
  ) {
    this.mode = mode;
    this.#media = media;
    this.#host = options.host;
    this.#playback = options.playback;
    this.#quality = options.quality;
    const { signal } = this.#over;
    media.addEventListener('canplay', () => this.#host.loaded(), { signal });
    media.addEventListener('error', () => this.#fail(), { signal });
    this.load(null);
  }

  /** The browser itself chooses from a multivariant playlist; a rung is fixed by playing its own. */
  choose(quality: Quality): void {
    if (quality === this.#quality) return;
    this.#quality = quality;
    if (this.mode === 'native') this.load(null);
  }

  stop(): void {
    // It cannot be told to load no more, short of taking away what it plays.
  }

  load(playback: Playback | null): void {
    if (playback) this.#playback = playback;
    const position = this.#host.position();
    this.#media.src = this.#url();
    this.#media.load();
    // Before anything is known of the file, that is where it will begin.
    this.#media.currentTime = position;
    this.#host.rung(this.mode === 'native' && this.#quality !== AUTO ? this.#quality : null);
    this.#host.attached();
  }

  recover(): void {
    this.load(null);
  }

  destroy(): void {
    this.#over.abort();
  }

  #url(): string {
    const { url, original } = this.#playback;
    if (this.mode === 'original') return original?.url ?? '';
    return this.#quality === AUTO ? url : new URL(`${this.#quality}/playlist.m3u8`, url).href;
  }

  #fail(): void {
    this.#host.trouble(troubleOf(this.#media.error?.code));
  }
}

/** A refused request is told as a format that is not known: so a new URL is tried first. */
function troubleOf(code: number | undefined): Trouble {
  if (code === NETWORK) return 'network';
  return code === DECODE ? 'media' : 'expired';
}
