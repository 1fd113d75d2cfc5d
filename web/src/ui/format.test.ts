import { expect, test } from 'vitest';
import { bitRate, bytes, clock, day, plural, spokenTime, timeLeft } from './format';

test('a length of time is a clock, with hours only where there are some', () => {
  expect([0, 9.9, 65, 3599, 3600, 3723, -1].map(clock)).toEqual([
    '0:00',
    '0:09',
    '1:05',
    '59:59',
    '1:00:00',
    '1:02:03',
    '0:00',
  ]);
});

test('what is not known is a dash', () => {
  expect([null, undefined, Number.NaN, Number.POSITIVE_INFINITY].map(clock)).toEqual(['–', '–', '–', '–']);
});

test('a length of time is said without what is nought', () => {
  expect([0, 1, 62, 3600, 3723].map(spokenTime)).toEqual([
    '0 seconds',
    '1 second',
    '1 minute 2 seconds',
    '1 hour',
    '1 hour 2 minutes 3 seconds',
  ]);
});

test('what is left is never told too exactly, nor as less than it is', () => {
  expect([-5, 3, 11, 60, 61, 3600, 3601, 90_000].map(timeLeft)).toEqual([
    'a few seconds',
    'a few seconds',
    '20 seconds',
    '1 minute',
    '2 minutes',
    '1 hour',
    '2 hours',
    '25 hours',
  ]);
  expect(timeLeft(Number.POSITIVE_INFINITY)).toBe('');
});

test('sizes have a unit in which they are below a thousand', () => {
  expect([0, 999, 1000, 99_400, 99_500, 999_499, 999_500, 31_457_280, 2.5e12, 5e15].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '99.4 kB',
    '100 kB',
    '999 kB',
    '1.0 MB',
    '31.5 MB',
    '2.5 TB',
    '5000 TB',
  ]);
});

test('bandwidths change their unit where they round up to it', () => {
  expect([64_000, 999_499, 999_500, 1_440_000].map(bitRate)).toEqual(['64 kb/s', '999 kb/s', '1.0 Mb/s', '1.4 Mb/s']);
});

test('one thing is one, and thousands have their comma', () => {
  expect([0, 1, 2, 10_000].map((count) => plural(count, 'upload'))).toEqual([
    '0 uploads',
    '1 upload',
    '2 uploads',
    '10,000 uploads',
  ]);
});

test('what was today has its time, any other day its date', () => {
  const now = new Date(2026, 10, 21, 12);
  const at = (...parts: [number, number, number, number, number]) => day(new Date(...parts).toISOString(), now);
  expect(at(2026, 10, 21, 0, 0)).toBe('today, 00:00');
  expect(at(2026, 10, 21, 23, 59)).toBe('today, 23:59');
  expect(at(2026, 10, 20, 23, 59)).toBe('20 Nov 2026');
  expect(at(2026, 10, 22, 0, 0)).toBe('22 Nov 2026');
});
