import type Hls from 'hls.js';
import { describe, expect, it, vi } from 'vitest';
import { HlsStream } from './hlsStream';
import type { Host } from './stream';

const MASTER = 'https://segue.example/api/v1/play/old/master.m3u8';
const NEW_MASTER = 'https://segue.example/api/v1/play/new/master.m3u8';
const RENEWED = { url: NEW_MASTER, expires_at: '2026-11-21T18:00:00.000Z' };

const policy = () => ({ default: { errorRetry: { maxNumRetry: 2, retryDelayMs: 1000, maxRetryDelayMs: 8000 } } });

/** As much of hls.js as is used, which does nothing by itself. */
class FakeHls {
  static readonly Events = {
    MEDIA_ATTACHED: 'attached',
    MANIFEST_PARSED: 'parsed',
    FRAG_BUFFERED: 'buffered',
    FRAG_CHANGED: 'changed',
    ERROR: 'error',
  };
  static readonly DefaultConfig = { fragLoadPolicy: policy(), playlistLoadPolicy: policy() };
  static last: FakeHls;

  levels: { uri: string; url: string[]; details?: object; bitrate: number }[] = [];
  manualLevel = -1;
  bandwidthEstimate = 1_400_000;
  loadingEnabled = true;
  inFlightFragments: { main?: { frag: { level: number } | null } } = {};
  readonly done: string[] = [];
  readonly #listeners = new Map<string, (event: string, data: object) => void>();
  readonly config: Record<string, unknown>;

  constructor(config: Record<string, unknown>) {
    this.config = config;
    FakeHls.last = this;
  }

  on(event: string, listener: (event: string, data: object) => void) {
    this.#listeners.set(event, listener);
  }

  tell(event: string, data: object = {}) {
    this.#listeners.get(event)?.(event, data);
  }

  parse(...rungs: string[]) {
    this.levels = rungs.map((rung) => {
      const url = [new URL(`${rung}/playlist.m3u8`, MASTER).href];
      return { url, details: {}, bitrate: 1, uri: url[0] ?? '' };
    });
    this.tell('parsed');
  }

  set loadLevel(level: number) {
    this.manualLevel = level;
    this.done.push(`load level ${level}`);
  }

  set nextLevel(level: number) {
    this.manualLevel = level;
    this.done.push(`next level ${level}`);
  }

  readonly attachMedia = vi.fn();
  readonly loadSource = (url: string) => this.done.push(`source ${url}`);
  readonly stopLoad = () => this.done.push('stop');
  readonly startLoad = (position: number) => this.done.push(`start ${position}`);
  readonly recoverMediaError = () => this.done.push('recover');
  readonly swapAudioCodec = () => this.done.push('swap');
  readonly destroy = vi.fn();
}

function open(quality = 'auto', measured: number | null = null) {
  const host = {
    position: vi.fn(() => 83),
    isStale: vi.fn(() => false),
    attached: vi.fn(),
    loaded: vi.fn(),
    trouble: vi.fn(),
    rungs: vi.fn(),
    rung: vi.fn(),
    bandwidth: vi.fn(),
  } satisfies Host;
  const media = document.createElement('audio');
  const options = { url: MASTER, quality, measured, host };
  const stream = new HlsStream(FakeHls as unknown as typeof Hls, media, options);
  const hls = FakeHls.last;
  return { stream, hls, host, media };
}

const error = (type: string, code: number | undefined, fatal = false) => ({ type, fatal, response: { code } });

describe('a stream by hls.js', () => {
  it('begins where it is to go on', () => {
    const { hls } = open();
    expect(hls.config.startPosition).toBe(83);
    expect(hls.done).toEqual([`source ${MASTER}`]);
  });

  it('tries the lowest rung first, unless the bandwidth is known', () => {
    expect(open().hls.config).toMatchObject({ startLevel: -1 });
    const { config } = open('auto', 900_000).hls;
    expect(config).toMatchObject({ abrEwmaDefaultEstimate: 900_000 });
    expect(config).not.toHaveProperty('startLevel');
  });

  it('says which rungs there are, which one is heard, and the bandwidth', () => {
    const { hls, host } = open();
    hls.parse('64k', '128k');
    hls.tell('changed', { frag: { level: 1 } });
    hls.tell('buffered');
    expect(host.rungs).toHaveBeenCalledExactlyOnceWith(['64k', '128k']);
    expect(host.rung).toHaveBeenCalledExactlyOnceWith('128k');
    expect(host.bandwidth).toHaveBeenCalledExactlyOnceWith(1_400_000);
    expect(host.loaded).toHaveBeenCalledOnce();
  });
});

describe('a fixed rung', () => {
  it('is there from the first segment on', () => {
    const { hls } = open('128k');
    hls.parse('64k', '128k');
    expect(hls.done.at(-1)).toBe('load level 1');
  });

  it('takes the place of what is buffered ahead', () => {
    const { hls, stream } = open();
    hls.parse('64k', '128k');
    stream.choose('64k');
    expect(hls.done.at(-1)).toBe('next level 0');
    stream.choose('64k');
    expect(hls.done.filter((step) => step.startsWith('next'))).toHaveLength(1);
  });

  it('takes the place of what is being loaded, too', () => {
    const { hls, stream } = open();
    hls.parse('64k', '128k');
    hls.inFlightFragments = { main: { frag: { level: 1 } } };
    stream.choose('64k');
    expect(hls.done.slice(-3)).toEqual(['stop', 'next level 0', 'start 83']);
  });

  it('leaves what is buffered, where it is given up for Auto', () => {
    const { hls, stream } = open('64k');
    hls.parse('64k', '128k');
    stream.choose('auto');
    expect(hls.done.at(-1)).toBe('load level -1');
  });

  it('comes back after an error made hls.js let go of it', () => {
    const { hls } = open('64k');
    hls.parse('64k', '128k');
    hls.manualLevel = -1;
    hls.tell('buffered');
    expect(hls.manualLevel).toBe(0);
  });

  it('is Auto where the ladder has no such rung', () => {
    const { hls } = open('320k');
    hls.parse('64k', '128k');
    expect(hls.manualLevel).toBe(-1);
  });
});

describe('trouble', () => {
  it.each([
    ['a refusal', 'expired', error('networkError', 403)],
    ['a tree that is gone', 'expired', error('networkError', 404, true)],
    ['a network that does not come back', 'network', error('networkError', 0, true)],
    ['a server that is not well', 'network', error('networkError', 503, true)],
    ['what cannot be decoded', 'media', error('mediaError', undefined, true)],
    ['anything else that is fatal', 'other', error('otherError', undefined, true)],
  ])('of %s is told as %s', (_, trouble, data) => {
    const { hls, host } = open();
    hls.tell('error', data);
    expect(host.trouble).toHaveBeenCalledExactlyOnceWith(trouble);
  });

  it('that hls.js sees to is not told', () => {
    const { hls, host } = open();
    for (const data of [error('networkError', 503), error('networkError', 0), error('mediaError', undefined)]) {
      hls.tell('error', data);
    }
    expect(host.trouble).not.toHaveBeenCalled();
  });

  it('of no answer at all may be the age of the URL', () => {
    const { hls, host } = open();
    host.isStale.mockReturnValue(true);
    hls.tell('error', error('networkError', 0));
    expect(host.trouble).toHaveBeenCalledExactlyOnceWith('expired');
  });

  it('of the element itself is told', () => {
    const { host, media, stream } = open();
    Object.defineProperty(media, 'error', { value: { code: 3 } });
    media.dispatchEvent(new Event('error'));
    expect(host.trouble).toHaveBeenCalledExactlyOnceWith('media');
    stream.destroy();
    media.dispatchEvent(new Event('error'));
    expect(host.trouble).toHaveBeenCalledOnce();
  });
});

describe('loading on', () => {
  it('from a new URL keeps what is buffered, and loads the playlists anew', () => {
    const { hls, stream } = open('128k');
    hls.parse('64k', '128k');
    hls.done.length = 0;
    stream.load(RENEWED);
    expect(hls.levels.map(({ url }) => url[0])).toEqual([
      'https://segue.example/api/v1/play/new/64k/playlist.m3u8',
      'https://segue.example/api/v1/play/new/128k/playlist.m3u8',
    ]);
    expect(hls.levels.some((level) => 'details' in level)).toBe(false);
    expect(hls.done).toEqual(['start 83']);
  });

  it('from the same URL keeps the playlists', () => {
    const { hls, stream } = open();
    hls.parse('64k');
    stream.load(null);
    expect(hls.levels[0]).toHaveProperty('details');
    expect(hls.done.at(-1)).toBe('start 83');
  });

  it('begins anew where nothing was there yet', () => {
    const { hls, stream } = open();
    stream.load(RENEWED);
    expect(hls.done.at(-1)).toBe(`source ${NEW_MASTER}`);
  });

  it('after a media error goes on from the same second', () => {
    const { hls, stream } = open();
    hls.done.length = 0;
    stream.recover(false);
    stream.recover(true);
    expect(hls.done).toEqual(['recover', 'start 83', 'swap', 'recover', 'start 83']);
  });
});

describe('what hls.js tries again', () => {
  it.each([
    [403, 0, true],
    [0, 1, true],
    [0, 2, false],
    [400, 0, false],
  ])('after %i, the time %i, is %s', (code, count, isTried) => {
    const { errorRetry } = (open().hls.config.fragLoadPolicy as ReturnType<typeof policy>).default;
    const { shouldRetry } = errorRetry as unknown as { shouldRetry: (...asked: unknown[]) => boolean };
    expect(shouldRetry(errorRetry, count, false, { code }, false)).toBe(isTried);
  });
});
