import { describe, expect, it } from 'vitest';
import { Speed } from './speed';

/** One note each quarter of a second, as the store does it. */
function drive(speed: Speed, from: number, seconds: number, bytesPerSecond: number, sent = 0): number {
  for (let step = 0; step <= seconds * 4; step += 1) speed.note(sent + (step * bytesPerSecond) / 4, from + step * 250);
  return sent + seconds * bytesPerSecond;
}

describe('Speed', () => {
  it('says nothing before there is something to go by', () => {
    const speed = new Speed();
    expect(speed.bytesPerSecond).toBeUndefined();
    drive(speed, 0, 1, 1000);
    expect(speed.bytesPerSecond).toBeUndefined();
    expect(speed.secondsFor(1000)).toBeUndefined();
  });

  it('is that of a steady line', () => {
    const speed = new Speed();
    drive(speed, 5_000, 20, 250_000);
    expect(speed.bytesPerSecond).toBeCloseTo(250_000);
    expect(speed.secondsFor(1_000_000)).toBeCloseTo(4);
  });

  it('does not count what was there before', () => {
    const speed = new Speed();
    drive(speed, 0, 4, 1000, 50_000_000);
    expect(speed.bytesPerSecond).toBeCloseTo(1000);
  });

  it('follows another network within the window, and not at once', () => {
    const speed = new Speed();
    const sent = drive(speed, 0, 20, 1000);
    drive(speed, 20_000, 1, 9000, sent);
    expect(speed.bytesPerSecond).toBeLessThan(3000);
    drive(speed, 21_000, 9, 9000, sent + 9000);
    expect(speed.bytesPerSecond).toBeCloseTo(9000);
  });

  it('takes bytes that must be sent again as moved once more, not as moved back', () => {
    const speed = new Speed();
    for (const [at, sent] of [
      [0, 0],
      [1000, 800],
      [2000, 100],
      [3000, 900],
    ] as const) {
      speed.note(sent, at);
    }
    expect(speed.bytesPerSecond).toBeCloseTo(1600 / 3);
  });

  it('foresees no end while nothing moves', () => {
    const speed = new Speed();
    drive(speed, 0, 10, 0);
    expect(speed.bytesPerSecond).toBe(0);
    expect(speed.secondsFor(10)).toBeUndefined();
  });

  it('begins anew after a pause', () => {
    const speed = new Speed();
    drive(speed, 0, 10, 1000);
    speed.reset();
    drive(speed, 600_000, 4, 50, 10_000);
    expect(speed.bytesPerSecond).toBeCloseTo(50);
  });

  it('keeps no more than its window', () => {
    const speed = new Speed();
    drive(speed, 0, 3600, 1000);
    expect(speed.secondsFor(1000)).toBeCloseTo(1);
  });
});
