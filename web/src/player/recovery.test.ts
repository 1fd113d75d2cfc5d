import { describe, expect, it } from 'vitest';
import { Recovery, type Step } from './recovery';

const renew = (afterMs: number): Step => ({ do: 'renew', afterMs });
const giveUp: Step = { do: 'give up' };

describe('a URL that has run out', () => {
  it('is renewed at once', () => {
    expect(new Recovery().next('expired', 0)).toEqual(renew(0));
  });

  it('is not renewed for ever', () => {
    const recovery = new Recovery();
    const steps = [1, 2, 3, 4].map((now) => recovery.next('expired', now));
    expect(steps).toEqual([renew(0), renew(0), renew(0), giveUp]);
  });

  it('is renewed as often as needed, where something is loaded in between', () => {
    const recovery = new Recovery();
    for (let now = 0; now < 20; now += 1) {
      expect(recovery.next('expired', now)).toEqual(renew(0));
      recovery.loaded();
    }
  });
});

describe('a network error', () => {
  it('is retried, then with a new URL, with pauses that double up to a longest', () => {
    const recovery = new Recovery();
    const steps = [0, 1, 2, 3, 4, 5].map((seconds) => recovery.next('network', seconds * 1000));
    expect(steps).toEqual([{ do: 'retry', afterMs: 1000 }, ...[2000, 4000, 8000, 16_000, 16_000].map(renew)]);
  });

  it('is given up after two minutes', () => {
    const recovery = new Recovery();
    recovery.next('network', 5_000);
    expect(recovery.next('network', 124_999)).toEqual(renew(2000));
    expect(recovery.next('network', 125_000)).toEqual(giveUp);
  });

  it('is another one after something was loaded', () => {
    const recovery = new Recovery();
    recovery.next('network', 0);
    recovery.next('network', 100_000);
    recovery.loaded();
    expect(recovery.next('network', 200_000)).toEqual({ do: 'retry', afterMs: 1000 });
  });
});

describe('a media error', () => {
  it('is recovered from, then with the other codec, then given up', () => {
    const recovery = new Recovery();
    const steps = [0, 6_000, 12_000].map((now) => recovery.next('media', now));
    expect(steps).toEqual([{ do: 'recover' }, { do: 'swap' }, giveUp]);
  });

  it('has nothing to do with one of long ago', () => {
    const recovery = new Recovery();
    expect([0, 31_000, 62_000].map((now) => recovery.next('media', now).do)).toEqual(['recover', 'recover', 'recover']);
  });

  it('is not mended by what is loaded: that may be what cannot be decoded', () => {
    const recovery = new Recovery();
    const steps = [0, 1, 2].map((now) => {
      const step = recovery.next('media', now);
      recovery.loaded();
      return step.do;
    });
    expect(steps).toEqual(['recover', 'swap', 'give up']);
  });
});

describe('anything else', () => {
  it('is given up', () => {
    expect(new Recovery().next('other', 0)).toEqual(giveUp);
  });
});
