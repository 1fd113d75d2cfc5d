import { describe, expect, it } from 'vitest';
import { Line } from './line';

const all = () => true;

describe('Line', () => {
  it('serves in the order of coming, and the urgent before', () => {
    const line = new Line();
    for (const key of ['a', 'b', 'c']) line.last(key);
    expect(line.take(all)).toBe('a');
    line.first('again');
    line.last('d');
    line.first('later');
    expect([1, 2, 3, 4, 5, 6].map(() => line.take(all))).toEqual(['again', 'later', 'b', 'c', 'd', undefined]);
  });

  it('passes over who has left', () => {
    const line = new Line();
    for (const key of ['a', 'b', 'c']) line.last(key);
    expect(line.take((key) => key === 'c')).toBe('c');
    expect(line.take(all)).toBeUndefined();
  });

  it('goes on after it was empty', () => {
    const line = new Line();
    expect(line.take(all)).toBeUndefined();
    line.last('a');
    expect(line.take(all)).toBe('a');
    expect(line.take(all)).toBeUndefined();
    line.last('b');
    expect(line.take(all)).toBe('b');
  });

  it('does not slow down with 100,000 that wait', () => {
    const line = new Line();
    for (let count = 0; count < 100_000; count += 1) line.last(String(count));
    let served = 0;
    while (line.take(all)) served += 1;
    expect(served).toBe(100_000);
  });
});
