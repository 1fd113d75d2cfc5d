import { expect, it } from 'vitest';
import { example } from './example';
import { shiftOf } from './useListWindow';

const rows = [9, 8, 7, 6, 5].map((number) => example(number));

it('a row that comes above pushes what is read down', () => {
  expect(shiftOf(rows, [example(10), ...rows], 3)).toBe(1);
});

it('a row that goes above pulls it up', () => {
  expect(shiftOf(rows, rows.slice(1), 3)).toBe(-1);
});

it('what comes or goes below moves nothing', () => {
  expect(shiftOf(rows, [...rows, example(4)], 3)).toBe(0);
  expect(shiftOf(rows, rows.slice(0, 4), 3)).toBe(0);
});

it('where the row itself goes, the next one takes its place', () => {
  expect(shiftOf(rows, rows.toSpliced(2, 1), 2)).toBe(0);
  expect(shiftOf(rows, [example(10), ...rows.toSpliced(2, 1)], 2)).toBe(1);
  expect(shiftOf(rows, [], 2)).toBe(0);
});
