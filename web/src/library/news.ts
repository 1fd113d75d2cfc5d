import type { Change } from '../live/cache';
import { plural } from '../ui/format';
import { nameOf } from './words';

/** Up to so many are named. */
const NAMED = 2;

/** What is worth saying of these changes to somebody who does not see them, in one short text. */
export function newsOf(changes: readonly Change[]): string {
  const became = (state: string) =>
    changes.filter(({ before, after }) => before.state !== state && after.state === state && !after.delete_at);
  return [told(became('ready'), 'ready'), told(became('failed'), 'failed')].filter(Boolean).join(' ');
}

function told(changes: readonly Change[], state: 'ready' | 'failed'): string {
  const isReady = state === 'ready';
  if (changes.length > NAMED) return `${plural(changes.length, 'upload')} ${isReady ? 'are ready' : 'failed'}.`;
  return changes.map(({ after }) => `${nameOf(after)} ${isReady ? 'is ready' : 'failed'}.`).join(' ');
}
