import { describe, expect, it } from 'vitest';
import { forecast, observe, type Pace } from './pace';

/** Reports of a worker: seconds of our clock, and seconds encoded. */
function seen(...reports: [number, number][]): Pace {
  const pace = reports.reduce<Pace | undefined>(
    (before, [at, encoded]) => observe(before, at * 1000, encoded),
    undefined,
  );
  return pace ?? { seen: [] };
}

describe('time left', () => {
  it('is not known before the work was seen to go on', () => {
    expect(forecast(seen([0, 10]), 100, 1000)).toEqual({ part: 0.1, secondsLeft: undefined });
    expect(forecast(seen([0, 10], [1, 20]), 100, 1000).secondsLeft).toBeUndefined();
  });

  it('comes from the rate that was seen', () => {
    // Ten seconds of audio in each second: 50 are left.
    expect(forecast(seen([0, 0], [5, 50]), 100, 5000)).toEqual({ part: 0.5, secondsLeft: 5 });
  });

  it('goes on between reports, but not for long without one', () => {
    const pace = seen([0, 0], [5, 50]);
    expect(forecast(pace, 200, 7000)).toEqual({ part: 0.35, secondsLeft: 13 });
    expect(forecast(pace, 1000, 60_000)).toEqual(forecast(pace, 1000, 12_000));
  });

  it('is never over before the state says so', () => {
    expect(forecast(seen([0, 0], [5, 99]), 100, 12_000).part).toBe(0.99);
    expect(forecast(seen([0, 0], [5, 99]), 100, 12_000).secondsLeft).toBe(0);
  });

  it('is not known where the length is not', () => {
    expect(forecast(seen([0, 0], [5, 50]), null, 5000)).toEqual({ part: undefined, secondsLeft: undefined });
  });

  it('takes the same report again for the same', () => {
    const pace = seen([0, 0], [5, 50]);
    expect(observe(pace, 9000, 50)).toBe(pace);
  });

  it('forgets how fast it once was', () => {
    const slow = Array.from({ length: 8 }, (_, index): [number, number] => [10 + index * 5, 1005 + index * 5]);
    const { secondsLeft } = forecast(seen([0, 0], [5, 1000], ...slow), 1140, 45_000);
    expect(secondsLeft).toBe(100);
  });

  it('begins anew with another attempt', () => {
    expect(seen([0, 0], [5, 50], [20, 2]).seen).toEqual([{ at: 20_000, encoded: 2 }]);
  });
});
