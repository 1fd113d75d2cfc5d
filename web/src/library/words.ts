import type { Upload } from '../api/client';
import { clock, timeLeft } from '../ui/format';
import type { State } from './filter';
import type { Forecast } from './pace';

export const stateNames: Record<State, string> = {
  uploading: 'Uploading',
  queued: 'In the queue',
  processing: 'Processing',
  ready: 'Ready',
  failed: 'Failed',
};

export const sortNames = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  title: 'Title, A to Z',
  title_descending: 'Title, Z to A',
  longest: 'Longest first',
  shortest: 'Shortest first',
} as const;

/** What it is called: its title, or what the file is called. */
export function nameOf(upload: Pick<Upload, 'title' | 'filename'>): string {
  return upload.title || upload.filename;
}

/** `Nina Simone · Pastel Blues`, or nothing. */
export function byLine(upload: Pick<Upload, 'artist' | 'album'>): string {
  return [upload.artist, upload.album].filter(Boolean).join(' · ');
}

/** The server counts no further. */
const FARTHEST = 1_000;

/** Nothing but that it waits, until its place is known. 1 is the next. */
export function queueWords(position: number | null | undefined): string {
  if (!position) return 'In the queue';
  if (position === 1) return 'Next in the queue';
  if (position >= FARTHEST) return 'Far back in the queue';
  return `${capitalised(ordinal(position))} in the queue`;
}

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];

export function ordinal(position: number): string {
  const word = ordinals[position - 1];
  if (word) return word;
  const [tens, ones] = [position % 100, position % 10];
  const isTeen = tens >= 11 && tens <= 13;
  const ending = isTeen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[ones] ?? 'th');
  return `${position.toLocaleString('en')}${ending}`;
}

/** What is being sent from this page: as much of `Transfer` as is told. */
interface Sending {
  state: string;
  sent: number;
  size: number;
}

export function uploadingWords(sending: Sending | undefined): string {
  if (!sending || sending.state === 'unfinished') return 'Unfinished: drop the same file again';
  const percent = percentOf(sending.size > 0 ? sending.sent / sending.size : 0);
  if (sending.state === 'paused') return `Paused at ${percent}`;
  if (sending.state === 'failed') return `Stopped at ${percent}`;
  if (sending.state === 'waiting') return 'Waiting to be sent';
  if (sending.state === 'offline') return `Offline, ${percent} sent`;
  return `Uploading, ${percent}`;
}

export function processingWords(upload: Upload, { part, secondsLeft }: Forecast): string {
  const { progress } = upload;
  if (!progress || progress.encoded_seconds <= 0) return 'Processing';
  if (part === undefined) return `Processing, ${clock(progress.encoded_seconds)} done`;
  if (secondsLeft === undefined) return `Processing, ${percentOf(part)}`;
  return `Processing, ${percentOf(part)}, ${timeLeft(secondsLeft)} left`;
}

export function failureWords(upload: Upload): string {
  return sentence(upload.failure?.message ?? 'It failed, and nobody knows why');
}

/** Never all: that only the next state says. */
export function percentOf(part: number): string {
  return `${Math.min(99, Math.max(0, Math.floor(part * 100)))} %`;
}

/** `28 Nov`: the year only where it is another. */
export function shortDay(iso: string, now: Date = new Date()): string {
  const at = new Date(iso);
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...year });
}

/** The server's messages are lower-case, to fit into any sentence. */
function sentence(text: string): string {
  return capitalised(/[.!?]$/.test(text) ? text : `${text}.`);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
