import { followUser } from '../session/user';
import { audio } from './audio';

interface Ears {
  /** The element says something new of itself. */
  update(): void;
  atPause(): void;
  atTime(): void;
  atEnd(): void;
  atVolume(): void;
  /** The page is left, perhaps for good. */
  atLeave(): void;
  atOnline(): void;
  /** The session is over, or another's. */
  atOtherUser(): void;
}

const STATES = [
  'play',
  'playing',
  'waiting',
  'stalled',
  'seeking',
  'seeked',
  'canplay',
  'emptied',
  'progress',
] as const;
const FACTS = ['loadedmetadata', 'loadeddata', 'durationchange'] as const;

/** For the life of the page, as the element is. */
export function listen(ears: Ears): void {
  for (const event of [...STATES, ...FACTS]) audio.addEventListener(event, ears.update);
  audio.addEventListener('pause', ears.atPause);
  audio.addEventListener('timeupdate', ears.atTime);
  audio.addEventListener('ended', ears.atEnd);
  audio.addEventListener('volumechange', ears.atVolume);
  window.addEventListener('pagehide', ears.atLeave);
  window.addEventListener('online', ears.atOnline);
  followUser((_, before) => {
    if (before !== undefined) ears.atOtherUser();
  });
}
