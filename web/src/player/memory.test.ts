import { describe, expect, it } from 'vitest';
import { DEFAULTS, Memory, type Store } from './memory';

function fake(entries: Record<string, string> = {}) {
  const map = new Map(Object.entries(entries));
  const store: Store = { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value) };
  return { map, memory: new Memory(() => store), again: () => new Memory(() => store) };
}

const refused = () => {
  throw new DOMException('no', 'SecurityError');
};

describe('settings', () => {
  it('are the usual ones at first', () => {
    expect(fake().memory.settings()).toEqual(DEFAULTS);
  });

  it('come back at the next visit', () => {
    const { memory, again } = fake();
    const settings = { volume: 0.4, isMuted: true, rate: 1.5, quality: '128k', hasShortcuts: false };
    memory.keepSettings(settings);
    expect(again().settings()).toEqual(settings);
  });

  it('are the usual ones where somebody wrote nonsense', () => {
    for (const nonsense of ['', 'no json', '7', 'null', '{"volume": 3, "rate": 77, "quality": 1, "isMuted": "yes"}']) {
      expect(fake({ 'segue.player': nonsense }).memory.settings()).toEqual(DEFAULTS);
    }
  });
});

describe('positions', () => {
  it('are kept per upload', () => {
    const { memory, again } = fake();
    memory.keepPosition('one', 61.26, 200);
    memory.keepPosition('two', 12, 200);
    expect([again().position('one'), again().position('two'), again().position('three')]).toEqual([61.3, 12, 0]);
  });

  it('are forgotten near either end', () => {
    const { memory } = fake();
    for (const seconds of [0, 4.9, 190, 200]) {
      memory.keepPosition('one', 61, 200);
      memory.keepPosition('one', seconds, 200);
      expect(memory.position('one')).toBe(0);
    }
    memory.keepPosition('one', 189.9, 200);
    expect(memory.position('one')).toBe(189.9);
  });

  it('are the last two hundred', () => {
    const { memory } = fake();
    for (let upload = 0; upload <= 200; upload += 1) memory.keepPosition(`${upload}`, 50, 100);
    expect(memory.position('0')).toBe(0);
    expect(memory.position('1')).toBe(50);
    memory.keepPosition('1', 60, 100);
    memory.keepPosition('new', 50, 100);
    expect(memory.position('1')).toBe(60);
    expect(memory.position('2')).toBe(0);
  });

  it('are none where somebody wrote nonsense', () => {
    const { memory } = fake({ 'segue.positions': '[["one", "far"], ["two"], 3, ["three", -1], ["four", 44]]' });
    expect(['one', 'two', 'three', 'four'].map((upload) => memory.position(upload))).toEqual([0, 0, 0, 44]);
  });
});

describe('without storage', () => {
  it('nothing is remembered, and nothing fails', () => {
    for (const memory of [new Memory(refused), new Memory(() => ({ getItem: refused, setItem: refused }))]) {
      memory.keepSettings({ ...DEFAULTS, volume: 0.1 });
      memory.keepPosition('one', 50, 100);
      expect(memory.settings()).toEqual(DEFAULTS);
      expect(memory.position('one')).toBe(0);
    }
  });
});
