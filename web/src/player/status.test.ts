import { describe, expect, it } from 'vitest';
import { type Confirmed, statusOf } from './status';

const wanted = { hasCurrent: true, hasFailed: false, hasSource: true, wantsPlay: true };
const playing: Confirmed = { paused: false, ended: false, seeking: false, readyState: 4 };

describe('the status', () => {
  it.each([
    ['nothing is chosen', 'idle', { hasCurrent: false }, {}],
    ['we gave up', 'failed', { hasFailed: true }, {}],
    ['it plays', 'playing', {}, {}],
    ['it ran out of data', 'waiting', {}, { readyState: 2 }],
    ['it seeks', 'waiting', {}, { seeking: true }],
    ['it seeks to what is not buffered', 'waiting', {}, { seeking: true, readyState: 1 }],
    ['it is paused', 'paused', { wantsPlay: false }, { paused: true }],
    ['it is to play, but the browser did not let it', 'paused', {}, { paused: true }],
    ['it seeks while it is paused', 'paused', { wantsPlay: false }, { paused: true, seeking: true, readyState: 1 }],
    ['it is over', 'ended', {}, { paused: true, ended: true }],
    ['there is no source yet', 'loading', { hasSource: false }, { paused: true, readyState: 0 }],
    ['the source before is over', 'loading', { hasSource: false }, { paused: true, ended: true }],
    ['there is a source, and no data', 'loading', {}, { readyState: 0 }],
    ['it was paused before there was a source', 'paused', { hasSource: false, wantsPlay: false }, { paused: true }],
  ] as const)('when %s is %s', (_, status, change, said) => {
    expect(statusOf({ ...wanted, ...change }, { ...playing, ...said })).toBe(status);
  });
});
