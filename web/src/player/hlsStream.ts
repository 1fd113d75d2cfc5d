import type Hls from 'hls.js';
import type { ErrorData, HlsConfig, Level, LoadPolicy } from 'hls.js';
import { AUTO, type Quality } from './memory';
import type { Trouble } from './recovery';
import type { Host, Playback, Stream } from './stream';

/** Loaded when something is first played. The light build has all that an audio-only ladder of MPEG-TS needs. */
export async function loadHls(): Promise<typeof Hls> {
  return (await import('hls.js/light')).default;
}

/**
 * A URL that has run out, a tree that is gone. hls.js takes such an answer for one rendition's misfortune and tries all
 * others; so it is told to try the same again, and before it does, it has a new URL.
 */
const REFUSALS: readonly number[] = [401, 403, 404, 410];
/** No answer at all. hls.js takes that for a refusal too, where it mostly is a network that changes. */
const UNANSWERED = 0;
/** As in MediaError. hls.js leaves it to us to look at the element. */
const DECODE = 3;

/** HLS by Media Source Extensions. */
export class HlsStream implements Stream {
  readonly mode = 'hls';
  readonly #hls: Hls;
  readonly #host: Host;
  #url: string;
  #quality: Quality;
  /** Ends the listener at the element. */
  readonly #over = new AbortController();

  /** `measured` is the bandwidth that was measured just now, in bits per second, if any was. */
  constructor(
    library: typeof Hls,
    media: HTMLMediaElement,
    options: { url: string; quality: Quality; measured: number | null; host: Host },
  ) {
    const { url, quality, measured, host } = options;
    this.#url = url;
    this.#quality = quality;
    this.#host = host;
    this.#hls = new library({ ...configure(library, measured), startPosition: host.position() });
    this.#listen(library);
    const { signal } = this.#over;
    media.addEventListener('error', () => media.error?.code === DECODE && host.trouble('media'), { signal });
    this.#hls.attachMedia(media);
    this.#hls.loadSource(url);
  }

  choose(quality: Quality): void {
    this.#quality = quality;
    const index = this.#wanted();
    if (index === this.#hls.manualLevel) return;
    // What is buffered is not worse for being chosen by hand.
    if (index === -1) this.#hls.loadLevel = -1;
    else this.#fix(index);
  }

  stop(): void {
    this.#hls.stopLoad();
  }

  load(playback: Playback | null): void {
    const position = this.#host.position();
    this.#hls.config.startPosition = position;
    if (playback) this.#url = playback.url;
    if (this.#hls.levels.length === 0) {
      this.#hls.loadSource(this.#url);
      return;
    }
    // The element keeps its source and its buffer, so that nothing is heard of it: only what is loaded from now on comes
    // from the new URL. A playlist that is not there is loaded when it is needed.
    if (playback) for (const level of this.#hls.levels) readdress(level, playback.url);
    this.#pin();
    this.#hls.startLoad(position);
  }

  recover(isSwapped: boolean): void {
    const position = this.#host.position();
    this.#hls.config.startPosition = position;
    if (isSwapped) this.#hls.swapAudioCodec();
    this.#hls.recoverMediaError();
    // A fatal error has stopped all loading, and `recoverMediaError` leaves it so.
    this.#hls.startLoad(position);
  }

  destroy(): void {
    this.#over.abort();
    this.#hls.destroy();
  }

  #listen({ Events }: typeof Hls): void {
    const [hls, host] = [this.#hls, this.#host];
    hls.on(Events.MEDIA_ATTACHED, () => host.attached());
    hls.on(Events.MANIFEST_PARSED, () => {
      host.rungs(hls.levels.map(rungOf));
      this.#pin();
    });
    hls.on(Events.FRAG_BUFFERED, () => {
      host.loaded();
      host.bandwidth(hls.bandwidthEstimate);
      this.#pin();
    });
    hls.on(Events.FRAG_CHANGED, (_, { frag }) => {
      const level = hls.levels[frag.level];
      host.rung(level ? rungOf(level) : null);
    });
    hls.on(Events.ERROR, (_, error) => {
      const trouble = troubleOf(error, host);
      if (trouble) host.trouble(trouble);
    });
  }

  #wanted(): number {
    return this.#quality === AUTO ? -1 : this.#hls.levels.findIndex((level) => rungOf(level) === this.#quality);
  }

  /** A fixed rung from the first segment on, and again after an error, for which hls.js lets go of it. */
  #pin(): void {
    const index = this.#wanted();
    if (index !== -1 && index !== this.#hls.manualLevel) this.#hls.loadLevel = index;
  }

  /** Without a gap: what is heard now goes on, what lies further ahead is fetched anew. */
  #fix(index: number): void {
    const hls = this.#hls;
    const loading = hls.inFlightFragments.main?.frag;
    if (loading && loading.level !== index && hls.loadingEnabled) {
      // It would still be heard, if it is the next one: `nextLevel` lets it go on where little is buffered.
      hls.stopLoad();
      hls.nextLevel = index;
      hls.startLoad(this.#host.position());
    } else {
      hls.nextLevel = index;
    }
  }
}

function configure(library: typeof Hls, measured: number | null): Partial<HlsConfig> {
  const { fragLoadPolicy, playlistLoadPolicy } = library.DefaultConfig;
  return {
    // hls.js buffers 30 seconds or 60 MB, whichever is more. Of audio that is ten minutes, which Chrome cannot hold at
    // 256 kb/s, and a better rung would be heard only after them. So it is `maxBufferLength` that holds: 30 seconds.
    maxBufferSize: 0,
    // One error in an hour of audio would exclude a rung for the rest of it.
    errorPenaltyExpireMs: 60_000,
    fragLoadPolicy: insistent(fragLoadPolicy),
    playlistLoadPolicy: insistent(playlistLoadPolicy),
    // The first segment of all is tried at the lowest rung, so that a slow network does not mean a long silence. After
    // that the bandwidth is known.
    ...(measured === null ? { startLevel: -1 } : { abrEwmaDefaultEstimate: measured }),
  };
}

function insistent({ default: policy }: LoadPolicy): LoadPolicy {
  if (!policy.errorRetry) return { default: policy };
  return {
    default: {
      ...policy,
      errorRetry: {
        ...policy.errorRetry,
        shouldRetry: (retry, count, _isTimeout, response, isUsual) =>
          isUsual || (count < (retry?.maxNumRetry ?? 0) && isInsistedOn(response?.code)),
      },
    },
  };
}

function isInsistedOn(status: number | undefined): boolean {
  return status !== undefined && (status === UNANSWERED || REFUSALS.includes(status));
}

/** What is not fatal hls.js sees to itself, but for a URL that has run out. */
function troubleOf({ type, fatal, response }: ErrorData, host: Host): Trouble | null {
  const isNetwork = type === 'networkError';
  const status = response?.code;
  if (isNetwork && status !== undefined) {
    if (REFUSALS.includes(status)) return 'expired';
    // Not every bucket lets a page of another origin see its refusals.
    if (status === UNANSWERED && navigator.onLine && host.isStale()) return 'expired';
  }
  if (!fatal) return null;
  if (isNetwork) return 'network';
  return type === 'mediaError' ? 'media' : 'other';
}

/** `…/128k/playlist.m3u8` */
const PLAYLIST = /([^/]+)\/playlist\.m3u8$/;

function rungOf(level: Level): string {
  return PLAYLIST.exec(level.uri)?.[1] ?? `${Math.round(level.bitrate / 1000)}k`;
}

/** The same rendition, beside another multivariant playlist. */
function readdress(level: Level, master: string): void {
  const path = PLAYLIST.exec(level.uri)?.[0];
  if (!path) return;
  level.url[0] = new URL(path, master).href;
  delete level.details;
}
