import type { Upload } from '../api/client';
import type { Problem } from '../api/problem';
import { FileStream } from './fileStream';
import { Healer } from './healer';
import { HlsStream, loadHls } from './hlsStream';
import type { Quality } from './memory';
import type { Trouble } from './recovery';
import { askForPlayback, type Host, type Mode, type Playback, type Stream } from './stream';

/** Why it was given up, in words for people. */
export interface Failure {
  message: string;
  /** `gone`: trying again is of no use. */
  kind: 'network' | 'gone' | 'other';
}

export interface Listener {
  /** It has a source, perhaps again, and does not play by itself. */
  attached(mode: Mode): void;
  rungs(names: readonly string[]): void;
  rung(name: string | null): void;
  bandwidth(measured: number): void;
  failed(failure: Failure): void;
}

const HLS = 'application/vnd.apple.mpegurl';

/** A measurement that is older says little about the network that we are in now. In milliseconds. */
const FRESH_MS = 120_000;
let measured: { bandwidth: number; at: number } | undefined;

/** Plays one upload, from its first request until another one takes its place. */
export class Engine {
  readonly #upload: Upload;
  readonly #media: HTMLMediaElement;
  readonly #listener: Listener;
  readonly #over = new AbortController();
  #quality: Quality;
  #position: number;
  #stream: Stream | undefined;
  #playback: Playback | undefined;
  #healer = this.#newHealer();

  /** `position`: where to begin, in seconds. */
  constructor(
    media: HTMLMediaElement,
    options: { upload: Upload; position: number; quality: Quality; listener: Listener },
  ) {
    this.#media = media;
    this.#upload = options.upload;
    this.#position = options.position;
    this.#quality = options.quality;
    this.#listener = options.listener;
    // A new source begins at 0, whatever was asked for before it was there.
    media.addEventListener('loadedmetadata', () => this.#goOn(), { signal: this.#over.signal });
    this.#load(null);
  }

  /** Where it is, or will begin, in seconds. */
  get position(): number {
    return this.#isLoaded() ? this.#media.currentTime : this.#position;
  }

  seek(seconds: number): void {
    this.#position = seconds;
    if (this.#stream) this.#media.currentTime = seconds;
  }

  choose(quality: Quality): void {
    this.#quality = quality;
    this.#stream?.choose(quality);
  }

  /** The network is back. */
  hurry(): void {
    this.#healer.hurry();
  }

  end(): void {
    this.#over.abort();
    this.#healer.end();
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  #newHealer(): Healer {
    return new Healer({
      renew: async () => {
        this.#playback = await askForPlayback(this.#upload, this.#over.signal);
        return this.#playback;
      },
      stop: () => this.#stream?.stop(),
      load: (playback) => this.#load(playback),
      recover: (isSwapped) => {
        this.#keepPosition();
        this.#stream?.recover(isSwapped);
      },
      giveUp: (trouble, problem) => this.#giveUp(trouble, problem),
    });
  }

  #load(playback: Playback | null): void {
    this.#keepPosition();
    if (this.#stream) this.#stream.load(playback);
    else void this.#open(playback);
  }

  async #open(given: Playback | null): Promise<void> {
    const { signal } = this.#over;
    try {
      const [library, playback] = await Promise.all([
        canBeFed() ? loadHls() : null,
        given ?? askForPlayback(this.#upload, signal),
      ]);
      if (signal.aborted) return;
      this.#playback = playback;
      this.#stream = library?.isSupported() ? this.#byHls(library, playback) : this.#byBrowser(playback);
    } catch (thrown) {
      if (!signal.aborted) this.#healer.blame(thrown);
    }
  }

  #byHls(library: Awaited<ReturnType<typeof loadHls>>, { url }: Playback): Stream {
    const isFresh = measured && performance.now() - measured.at < FRESH_MS;
    const bandwidth = isFresh && measured ? measured.bandwidth : null;
    return new HlsStream(library, this.#media, {
      url,
      quality: this.#quality,
      measured: bandwidth,
      host: this.#host('hls'),
    });
  }

  #byBrowser(playback: Playback): Stream {
    const mode = this.#media.canPlayType(HLS) ? 'native' : 'original';
    return new FileStream(mode, this.#media, { playback, quality: this.#quality, host: this.#host(mode) });
  }

  #host(mode: Mode): Host {
    const listener = this.#listener;
    const unlessOver =
      <A extends unknown[]>(tell: (...told: A) => void) =>
      (...told: A) => {
        if (!this.#over.signal.aborted) tell(...told);
      };
    return {
      position: () => this.position,
      isStale: () => this.#playback !== undefined && Date.parse(this.#playback.expires_at) <= Date.now(),
      attached: unlessOver(() => listener.attached(mode)),
      loaded: () => this.#healer.loaded(),
      trouble: unlessOver((trouble: Trouble) => this.#healer.report(trouble)),
      rungs: unlessOver((names: readonly string[]) => listener.rungs(names)),
      rung: unlessOver((name: string | null) => listener.rung(name)),
      bandwidth: unlessOver((bandwidth: number) => {
        measured = { bandwidth, at: performance.now() };
        listener.bandwidth(bandwidth);
      }),
    };
  }

  #giveUp(trouble: Trouble, problem?: Problem): void {
    this.#keepPosition();
    const mode = this.#stream?.mode;
    this.#stream?.destroy();
    this.#stream = undefined;
    const original = this.#playback?.original;
    const isHopeful = original && mode !== 'original' && !problem && (trouble === 'media' || trouble === 'other');
    if (this.#playback && isHopeful && this.#media.canPlayType(original.content_type)) {
      this.#healer = this.#newHealer();
      const [playback, host] = [this.#playback, this.#host('original')];
      this.#stream = new FileStream('original', this.#media, { playback, quality: this.#quality, host });
      return;
    }
    this.#listener.failed(failureOf(trouble, problem));
  }

  #goOn(): void {
    if (this.#stream && Math.abs(this.#media.currentTime - this.#position) > 0.1) {
      this.#media.currentTime = this.#position;
    }
  }

  /** What is loaded anew goes on there. */
  #keepPosition(): void {
    this.#position = this.position;
  }

  #isLoaded(): boolean {
    return this.#stream !== undefined && this.#media.readyState >= HTMLMediaElement.HAVE_METADATA;
  }
}

function failureOf(trouble: Trouble, problem: Problem | undefined): Failure {
  if (problem) return { message: problem.message, kind: [404, 409].includes(problem.status) ? 'gone' : 'other' };
  switch (trouble) {
    case 'network':
      return { message: 'Segue cannot be reached. Check your connection and try again.', kind: 'network' };
    case 'expired':
      return { message: 'The server refuses to send this upload. Try again in a while.', kind: 'other' };
    default:
      return { message: 'This browser cannot play this upload. Try again, or use another browser.', kind: 'other' };
  }
}

/** Whether there are Media Source Extensions: hls.js need not be loaded to be told that there are none. */
function canBeFed(): boolean {
  return 'MediaSource' in window || 'ManagedMediaSource' in window;
}
