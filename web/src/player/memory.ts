/** What is remembered from visit to visit, in this browser only. */

export const AUTO = 'auto';
/** `auto`, or the name of a rung. */
export type Quality = string;

export interface Settings {
  /** 0 to 1 */
  volume: number;
  isMuted: boolean;
  rate: number;
  quality: Quality;
  /** Whether single keys do something: who dictates would set them off with every word. */
  hasShortcuts: boolean;
}

export const RATES: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

export const DEFAULTS: Settings = { volume: 1, isMuted: false, rate: 1, quality: AUTO, hasShortcuts: true };

/** So much of `localStorage` as is needed. */
export type Store = Pick<Storage, 'getItem' | 'setItem'>;

const SETTINGS = 'segue.player';
const POSITIONS = 'segue.positions';

/** The ones that were heard last. */
const MOST_POSITIONS = 200;
/** In seconds. Who left so early or so late wants to hear it from the beginning. */
const NOT_BEFORE = 5;
const NOT_IN_THE_LAST = 10;

type Position = readonly [upload: string, seconds: number];

export class Memory {
  readonly #store: () => Store;

  /** `store` may throw, as `localStorage` itself does where a browser forbids it. */
  constructor(store: () => Store) {
    this.#store = store;
  }

  settings(): Settings {
    const read = this.#read(SETTINGS);
    if (typeof read !== 'object' || read === null) return DEFAULTS;
    const { volume, isMuted, rate, quality, hasShortcuts } = read as Record<keyof Settings, unknown>;
    return {
      volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : DEFAULTS.volume,
      isMuted: isMuted === true,
      rate: typeof rate === 'number' && RATES.includes(rate) ? rate : DEFAULTS.rate,
      quality: typeof quality === 'string' ? quality : DEFAULTS.quality,
      hasShortcuts: hasShortcuts !== false,
    };
  }

  keepSettings(settings: Settings): void {
    const { volume, isMuted, rate, quality, hasShortcuts } = settings;
    this.#write(SETTINGS, { volume, isMuted, rate, quality, hasShortcuts });
  }

  /** Where to go on, in seconds; 0: from the beginning. */
  position(upload: string): number {
    return this.#positions().find(([id]) => id === upload)?.[1] ?? 0;
  }

  /** `seconds` of `duration`, both in seconds. */
  keepPosition(upload: string, seconds: number, duration: number): void {
    const others = this.#positions().filter(([id]) => id !== upload);
    const isWorthIt = seconds >= NOT_BEFORE && seconds < duration - NOT_IN_THE_LAST;
    const kept: Position[] = isWorthIt ? [[upload, Math.round(seconds * 10) / 10], ...others] : others;
    this.#write(POSITIONS, kept.slice(0, MOST_POSITIONS));
  }

  #positions(): Position[] {
    const read = this.#read(POSITIONS);
    return Array.isArray(read) ? read.filter(isPosition).slice(0, MOST_POSITIONS) : [];
  }

  #read(key: string): unknown {
    try {
      return JSON.parse(this.#store().getItem(key) ?? 'null') as unknown;
    } catch {
      return null;
    }
  }

  #write(key: string, value: unknown): void {
    try {
      this.#store().setItem(key, JSON.stringify(value));
    } catch {
      // Full, or forbidden: then nothing is remembered.
    }
  }
}

function isPosition(read: unknown): read is Position {
  return Array.isArray(read) && typeof read[0] === 'string' && typeof read[1] === 'number' && read[1] >= 0;
}
