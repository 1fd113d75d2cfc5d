import { bytes, plural, timeLeft } from '../ui/format';
import type { Overview } from './roster';
import type { Transfer } from './transfer';

/** What a row says under its file's name. */
export function stateInWords({ state, sent, size, bytesPerSecond, secondsLeft, reason }: Transfer): string {
  switch (state) {
    case 'waiting':
      return `Waiting · ${bytes(size)}`;
    case 'sending':
      return reason ?? joined(`${bytes(sent)} of ${bytes(size)}`, speed(bytesPerSecond), left(secondsLeft));
    case 'finishing':
      return 'Almost there…';
    case 'offline':
      return `Goes on when the connection is back · ${bytes(sent)} of ${bytes(size)}`;
    case 'paused':
      return `Paused · ${bytes(sent)} of ${bytes(size)}`;
    case 'unfinished':
      return `Not finished · ${bytes(size)}`;
    case 'failed':
      return reason ?? 'It was not sent.';
    case 'sent':
      return `Sent · ${bytes(size)}`;
  }
}

/** The tray's title. */
export function titleOf({ phase, counts, transfers }: Overview): string {
  const left = transfers.length - counts.sent - counts.failed - counts.unfinished;
  switch (phase) {
    case 'idle':
      return 'Uploads';
    case 'sending':
      return `Sending ${plural(left, 'file')}`;
    case 'offline':
      return 'No connection';
    case 'paused':
      return `${plural(left, 'file')} paused`;
    case 'failed':
      return `${plural(counts.failed, 'file')} not sent`;
    case 'unfinished':
      return `${plural(counts.unfinished, 'file')} not finished`;
    case 'sent':
      return counts.sent === 1 ? 'Sent' : `All ${plural(counts.sent, 'file')} sent`;
  }
}

/** Under the title. */
export function progressInWords({
  phase,
  counts,
  bytes: { sent, total },
  bytesPerSecond,
  secondsLeft,
}: Overview): string {
  switch (phase) {
    case 'sending':
      return joined(`${percent(sent, total)} %`, speed(bytesPerSecond), left(secondsLeft));
    case 'offline':
      return 'It goes on by itself when Segue can be reached.';
    case 'paused':
      return `${bytes(sent)} of ${bytes(total)}`;
    case 'failed':
      return counts.sent > 0 ? `${plural(counts.sent, 'file')} sent` : '';
    case 'sent':
      return `Your library shows when ${counts.sent === 1 ? 'it is' : 'they are'} ready to play.`;
    case 'unfinished':
    case 'idle':
      return '';
  }
}

/** Whole, and never 100 before it is all there. */
export function percent(sent: number, total: number): number {
  return total === 0 ? 0 : Math.min(sent < total ? 99 : 100, Math.floor((sent / total) * 100));
}

/** What is said aloud when `after` follows `before`: beginnings, ends and failures, nothing in between. */
export function announcement(before: Overview | undefined, after: Overview): string | undefined {
  if (!before) return undefined;
  const failed = after.counts.failed - before.counts.failed;
  if (failed > 0) {
    const one = failed === 1 ? after.transfers.findLast(({ state }) => state === 'failed') : undefined;
    return one ? `${one.filename} was not sent. ${one.reason ?? ''}` : `${plural(failed, 'file')} were not sent.`;
  }
  if (after.phase === before.phase) return undefined;
  if (after.phase === 'idle') return undefined;
  return `${titleOf(after)}.`;
}

function speed(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined || bytesPerSecond < 1 ? '' : `${bytes(bytesPerSecond)}/s`;
}

function left(seconds: number | undefined): string {
  const words = seconds === undefined ? '' : timeLeft(seconds);
  return words && `${words} left`;
}

function joined(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
