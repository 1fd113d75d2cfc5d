import type { Upload } from '../api/client';
import { nameOf } from '../library/words';
import { toast } from '../ui/toasts';
import { audio, bless, empty } from './audio';
import { Engine, type Failure } from './engine';
import { listen } from './listen';
import { Memory, type Quality, type Settings } from './memory';
import {
  begin,
  current,
  jump,
  next,
  previous,
  type Queue,
  type Repeat,
  remove,
  shuffle as shuffleQueue,
} from './queue';
import { NOTHING, rangesOf, store } from './state';
import { statusOf } from './status';

export { type PlayerState, usePlayer } from './state';

/** In seconds. Later than that, `previous` means the beginning of what is being heard. */
const RESTART_AFTER = 3;
/** How often the position is written down while it plays. In seconds of the recording. */
const KEEP_EVERY = 5;

const memory = new Memory(() => localStorage);

let engine: Engine | undefined;
/** Whether it is to play as soon as it can. The element knows only once it has a source. */
let wantsPlay = false;
let hasSource = false;
let isChosen = false;
let keptAt = 0;

/**
 * What plays, one for the page. The element is asked here, and only here; what the state says is what the element then
 * confirmed.
 */
export const player = {
  /** Plays the upload at this index, and then what follows it. Goes on where it was left the last time. */
  play(uploads: readonly Upload[], index: number): void {
    bless();
    const { current: before, queue, status } = store.get();
    const fresh = begin(uploads, index, queue, Math.random);
    if (before && current(fresh)?.id === before.id && status !== 'failed') {
      // It goes on, now among others.
      store.set({ queue: fresh, current: current(fresh) });
      ask();
    } else {
      start(fresh, 'chosen');
    }
  },

  toggle(): void {
    if (store.get().isPlaying) player.pause();
    else player.resume();
  },

  resume(): void {
    bless();
    if (store.get().failure) player.again();
    else ask();
  },

  pause(): void {
    wantsPlay = false;
    audio.pause();
    update();
  },

  /** After a failure: once more, from where it was. */
  again(): void {
    const { queue } = store.get();
    start(queue, 'again');
  },

  next(): void {
    const following = next(store.get().queue, 'hand', Math.random);
    if (following) start(following, 'queued');
  },

  previous(): void {
    const { queue, time } = store.get();
    const before = time > RESTART_AFTER ? null : previous(queue);
    if (before) start(before, 'queued');
    else player.seek(0);
  },

  jump(position: number): void {
    start(jump(store.get().queue, position), 'chosen');
  },

  remove(position: number): void {
    store.set({ queue: remove(store.get().queue, position) });
  },

  /** Nothing plays, nothing is queued. */
  stop(): void {
    keepPosition();
    engine?.end();
    engine = undefined;
    wantsPlay = false;
    hasSource = false;
    empty();
    const { repeat, isShuffled } = store.get().queue;
    store.set({ ...NOTHING, queue: { ...NOTHING.queue, repeat, isShuffled } });
  },

  /** In seconds from the beginning. */
  seek(seconds: number): void {
    const { current: upload, duration } = store.get();
    if (!upload) return;
    engine?.seek(Math.min(Math.max(seconds, 0), duration || seconds));
    update();
  },

  seekBy(seconds: number): void {
    player.seek(store.get().time + seconds);
  },

  /** 0 to 1. */
  setVolume(volume: number): void {
    audio.volume = Math.min(Math.max(volume, 0), 1);
    audio.muted = false;
  },

  setMuted(isMuted: boolean): void {
    audio.muted = isMuted;
  },

  setRate(rate: number): void {
    // Also of what is played next: a new source takes the default.
    audio.defaultPlaybackRate = rate;
    audio.playbackRate = rate;
    change({ rate });
  },

  setQuality(quality: Quality): void {
    change({ quality });
    engine?.choose(quality);
  },

  setRepeat(repeat: Repeat): void {
    store.set({ queue: { ...store.get().queue, repeat } });
  },

  setShuffled(isShuffled: boolean): void {
    store.set({ queue: shuffleQueue(store.get().queue, isShuffled, Math.random) });
  },

  setShortcuts(hasShortcuts: boolean): void {
    change({ hasShortcuts });
  },
};

/** `chosen`: by name, so it goes on where it was left. What is merely next begins at its beginning. */
function start(queue: Queue<Upload>, by: 'chosen' | 'queued' | 'again'): void {
  const upload = current(queue);
  if (!upload) return;
  const position = by === 'again' ? store.get().time : by === 'chosen' ? memory.position(upload.id) : 0;
  keepPosition();
  engine?.end();
  empty();
  hasSource = false;
  wantsPlay = true;
  isChosen = by !== 'queued';
  keptAt = position;
  const rungs = upload.renditions?.map(({ name }) => name) ?? [];
  store.set({ ...NOTHING, queue, current: upload, rungs, bandwidth: store.get().bandwidth });
  engine = new Engine(audio, {
    upload,
    position,
    quality: store.get().quality,
    listener: {
      attached: (mode) => {
        hasSource = true;
        store.set({ mode });
        if (wantsPlay) ask();
        update();
      },
      rungs: (names) => store.set({ rungs: names }),
      rung: (rung) => store.set({ rung }),
      bandwidth: (bandwidth) => store.set({ bandwidth }),
      failed: fail,
    },
  });
  update();
}

/** Asks the element to play, at once or as soon as there is something to play. */
function ask(): void {
  wantsPlay = true;
  update();
  if (!hasSource) return;
  audio.play().catch((thrown: unknown) => {
    // Not before somebody presses the button again. Other rejections say that another source took the place.
    if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') return;
    wantsPlay = false;
    update();
  });
}

function fail(failure: Failure): void {
  const { queue, current: upload } = store.get();
  const following = next(queue, 'hand', Math.random);
  if (failure.kind === 'gone' && !isChosen && upload && following && current(following)?.id !== upload.id) {
    toast(`${nameOf(upload)} is gone, so it was left out.`);
    const position = following.order.indexOf(queue.order[queue.at] ?? -1);
    start(remove(following, position), 'queued');
    return;
  }
  audio.pause();
  store.set({ failure });
  update();
}

/** What the element says, into the state. */
function update(): void {
  const { current: upload, failure, buffered, duration } = store.get();
  const wanted = { hasCurrent: upload !== null, hasFailed: failure !== null, hasSource, wantsPlay };
  const status = statusOf(wanted, audio);
  const isKnown = hasSource && Number.isFinite(audio.duration) && audio.duration > 0;
  store.set({
    status,
    isPlaying: status === 'playing' || status === 'waiting' || status === 'loading',
    time: engine?.position ?? 0,
    duration: isKnown ? audio.duration : duration || (upload?.duration_seconds ?? 0),
    buffered: hasSource ? rangesOf(audio.buffered, buffered) : NOTHING.buffered,
  });
}

function keepPosition(): void {
  const { current: upload, duration, time, status } = store.get();
  if (!upload || !duration || status === 'failed') return;
  keptAt = time;
  memory.keepPosition(upload.id, status === 'ended' ? duration : time, duration);
}

function change(settings: Partial<Settings>): void {
  store.set(settings);
  memory.keepSettings(store.get());
}

function atEnd(): void {
  update();
  keepPosition();
  const { queue } = store.get();
  const following = next(queue, 'end', Math.random);
  if (!following) return;
  if (following.at === queue.at && following.order === queue.order) {
    player.seek(0);
    ask();
  } else {
    start(following, 'queued');
  }
}

function atPause(): void {
  // The system may have paused it: a call, headphones that were unplugged. Then it is not for us to go on.
  if (hasSource && audio.paused && !audio.ended && audio.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
    wantsPlay = false;
    keepPosition();
  }
  update();
}

function atTime(): void {
  update();
  if (Math.abs(store.get().time - keptAt) >= KEEP_EVERY) keepPosition();
}

/** Once, when the page begins. */
function init(): void {
  const settings = memory.settings();
  store.set(settings);
  audio.volume = settings.volume;
  audio.muted = settings.isMuted;
  audio.defaultPlaybackRate = settings.rate;
  listen({
    update,
    atPause,
    atTime,
    atEnd,
    atVolume: () => change({ volume: audio.volume, isMuted: audio.muted }),
    atLeave: keepPosition,
    atOnline: () => {
      engine?.hurry();
      if (wantsPlay && store.get().failure?.kind === 'network') player.again();
    },
    atOtherUser: player.stop,
  });
}

init();
