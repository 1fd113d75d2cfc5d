import type { Upload } from '../api/client';
import { nameOf } from '../library/words';
import { hasNext } from './queue';
import { type PlayerState, store } from './state';

interface Controls {
  resume(): void;
  pause(): void;
  stop(): void;
  next(): void;
  previous(): void;
  seek(seconds: number): void;
  seekBy(seconds: number): void;
}

/** In seconds, where the system does not say by how much. */
const SEEK = 10;

/** Tells the system what plays, and takes what is pressed on a lock screen, a keyboard or a pair of headphones. */
export function followMediaSession(controls: Controls): () => void {
  // Not there in old browsers.
  if (!('mediaSession' in navigator)) return () => undefined;
  const system = navigator.mediaSession;
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => controls.resume()],
    ['pause', () => controls.pause()],
    ['stop', () => controls.stop()],
    ['previoustrack', () => controls.previous()],
    ['seekbackward', ({ seekOffset }) => controls.seekBy(-(seekOffset ?? SEEK))],
    ['seekforward', ({ seekOffset }) => controls.seekBy(seekOffset ?? SEEK)],
    ['seekto', ({ seekTime }) => seekTime !== undefined && controls.seek(seekTime)],
  ];
  for (const [action, handler] of handlers) handle(system, action, handler);

  let told: Partial<PlayerState> = {};
  const tell = () => {
    const state = store.get();
    if (state.current !== told.current) system.metadata = state.current ? metadataOf(state.current) : null;
    if (state.queue !== told.queue) {
      handle(system, 'nexttrack', hasNext(state.queue) ? () => controls.next() : null);
    }
    if (state.isPlaying !== told.isPlaying || state.current !== told.current) {
      system.playbackState = !state.current ? 'none' : state.isPlaying ? 'playing' : 'paused';
    }
    // The system counts on by itself, so it need be told only of what it cannot foresee.
    const isNews =
      state.status !== told.status ||
      state.duration !== told.duration ||
      state.rate !== told.rate ||
      Math.abs(state.time - (told.time ?? 0)) > 1;
    if (isNews) tellPosition(system, state);
    told = state;
  };
  const stop = store.subscribe(tell);
  tell();
  return () => {
    stop();
    for (const [action] of handlers) handle(system, action, null);
    handle(system, 'nexttrack', null);
    system.metadata = null;
    system.playbackState = 'none';
  };
}

function metadataOf(upload: Upload): MediaMetadata {
  return new MediaMetadata({
    title: nameOf(upload),
    artist: upload.artist ?? '',
    album: upload.album ?? '',
    artwork: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' }],
  });
}

function tellPosition(system: MediaSession, { current, time, duration, rate }: PlayerState): void {
  try {
    if (!current || !duration) system.setPositionState();
    else system.setPositionState({ duration, playbackRate: rate, position: Math.min(time, duration) });
  } catch {
    // Not there in old browsers.
  }
}

/** Browsers throw at an action that they do not know. */
function handle(system: MediaSession, action: MediaSessionAction, handler: MediaSessionActionHandler | null): void {
  try {
    system.setActionHandler(action, handler);
  } catch {
    // Then there is no such button either.
  }
}
