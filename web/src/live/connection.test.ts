import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import { keepConnected, pauseAfter } from './connection';
import type { Heard, Reading } from './stream';

const nothing: Heard = { uploads: [], lastId: undefined };

interface Attempt extends Reading {
  end: () => void;
  fail: (thrown: unknown) => void;
}

/** A stream in the hands of the test. */
function setUp() {
  const attempts: Attempt[] = [];
  const gaps: boolean[] = [];
  let lost = 0;
  const read = (reading: Reading) =>
    new Promise<void>((resolve, reject) => {
      attempts.push({ ...reading, end: resolve, fail: reject });
      reading.signal.addEventListener('abort', () => reject(reading.signal.reason));
    });
  const connection = keepConnected({
    since: () => 42,
    onHeard: (_, isGap) => gaps.push(isGap),
    onLost: () => {
      lost += 1;
    },
    read,
    chance: () => 1,
  });
  const newest = () => {
    const attempt = attempts.at(-1);
    if (!attempt) throw new Error('nothing was tried');
    return attempt;
  };
  return { connection, attempts, gaps, newest, lost: () => lost };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a connection that breaks', () => {
  it('is taken up again where it was, after pauses that grow', async () => {
    const { connection, attempts, newest, lost } = setUp();
    const pauses: number[] = [];
    for (let failures = 1; failures <= 7; failures += 1) {
      newest().fail(new TypeError('no network'));
      const [before, began] = [attempts.length, Date.now()];
      for (let waited = 0; attempts.length === before && waited < 600; waited += 1) await pass(100);
      pauses.push(Math.round((Date.now() - began) / 1000));
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(newest().since).toBe(42);
    expect(lost()).toBe(7);
    connection.stop();
  });

  it('is taken up soon if it had worked', async () => {
    const { connection, attempts, newest } = setUp();
    for (let failures = 0; failures < 5; failures += 1) {
      newest().fail(new TypeError('no network'));
      await pass(30_000);
    }
    newest().onHeard(nothing);
    await pass(20_000);
    const before = attempts.length;
    newest().end();
    await pass(1_000);
    expect(attempts.length).toBe(before + 1);
    connection.stop();
  });

  it('says that something may be missing if it was away for long', async () => {
    const { connection, newest, gaps } = setUp();
    newest().onHeard(nothing);
    newest().end();
    await pass(1_000);
    newest().onHeard(nothing);
    expect(gaps).toEqual([false, false]);
    newest().fail(new TypeError('no network'));
    await pass(2_000);
    newest().fail(new TypeError('no network'));
    await pass(10_000);
    newest().onHeard(nothing);
    newest().onHeard(nothing);
    expect(gaps).toEqual([false, false, true, false]);
    connection.stop();
  });

  it('is left alone for a while where there are too many', async () => {
    const { connection, attempts, newest } = setUp();
    newest().fail(new Problem(429, 'too_many_requests', 'Too many event streams are open.'));
    await pass(29_000);
    expect(attempts.length).toBe(1);
    await pass(1_000);
    expect(attempts.length).toBe(2);
    connection.stop();
  });

  it('is given up when the session is over', async () => {
    const { attempts, newest } = setUp();
    newest().fail(new Problem(401, 'session_over', 'Your session is over.'));
    await pass(120_000);
    expect(attempts.length).toBe(1);
  });
});

describe('a check', () => {
  it('ends the waiting', async () => {
    const { connection, attempts, newest } = setUp();
    newest().fail(new TypeError('no network'));
    await pass(100);
    connection.check(false);
    await pass(0);
    expect(attempts.length).toBe(2);
    connection.stop();
  });

  it('leaves a stream alone that was just heard', async () => {
    const { connection, attempts, newest } = setUp();
    newest().onHeard(nothing);
    await pass(15_000);
    connection.check(false);
    await pass(0);
    expect(attempts.length).toBe(1);
    connection.stop();
  });

  it('ends one that says nothing, and one of another network', async () => {
    const { connection, attempts, newest } = setUp();
    newest().onHeard(nothing);
    await pass(21_000);
    connection.check(false);
    await pass(0);
    expect(attempts.length).toBe(2);
    newest().onHeard(nothing);
    connection.check(true);
    await pass(0);
    expect(attempts.length).toBe(3);
    connection.stop();
  });
});

it('nothing is tried once it is stopped', async () => {
  const { connection, attempts, newest, lost } = setUp();
  newest().onHeard(nothing);
  connection.stop();
  await pass(120_000);
  expect(newest().signal.aborted).toBe(true);
  expect(attempts.length).toBe(1);
  expect(lost()).toBe(0);
});

it('pauses are never the same for all', () => {
  expect(pauseAfter(3, () => 0)).toBe(2_000);
  expect(pauseAfter(3, () => 1)).toBe(4_000);
});
