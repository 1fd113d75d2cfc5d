import { beforeEach, describe, expect, it } from 'vitest';
import { Memory } from './memory';

const DAY = 24 * 3600 * 1000;
const song = { filename: 'song.flac', size: 60_000_000, lastModified: 1_700_000_000_000 };
const entry = (uploadId: string, over: object = {}) => ({
  userId: 'ada',
  uploadId,
  partSize: 8 << 20,
  ...song,
  ...over,
});

describe('Memory', () => {
  let now = 0;
  const memory = new Memory(
    () => localStorage,
    () => now,
  );

  beforeEach(() => {
    localStorage.clear();
    now = 1_800_000_000_000;
  });

  it('knows a file again by name, size and time of change', () => {
    memory.keep(entry('u1'));
    expect(memory.find('ada', song)).toEqual({ ...entry('u1'), at: now });
  });

  it.each([
    ['name', { filename: 'song (1).flac' }],
    ['size', { size: 60_000_001 }],
    ['time of change', { lastModified: 1_700_000_000_001 }],
  ])('takes a file of another %s for another', (_, over) => {
    memory.keep(entry('u1'));
    expect(memory.find('ada', { ...song, ...over })).toBeUndefined();
  });

  it('keeps the users of a browser apart', () => {
    memory.keep(entry('u1'));
    expect(memory.find('bob', song)).toBeUndefined();
    expect(memory.of('bob')).toEqual([]);
  });

  it('prefers the latest of several', () => {
    memory.keep(entry('u1'));
    memory.keep(entry('u2'));
    expect(memory.find('ada', song)?.uploadId).toBe('u2');
  });

  it('holds an upload once, and forgets it when told', () => {
    memory.keep(entry('u1'));
    memory.keep(entry('u1'));
    memory.keep(entry('u2', { filename: 'b.mp3' }));
    expect(memory.of('ada').map(({ uploadId }) => uploadId)).toEqual(['u1', 'u2']);
    memory.forget(['u1', 'unknown']);
    expect(memory.of('ada').map(({ uploadId }) => uploadId)).toEqual(['u2']);
  });

  it('leaves nothing in the storage when there is nothing to remember', () => {
    memory.keep(entry('u1'));
    memory.forget(['u1']);
    expect(localStorage.length).toBe(0);
  });

  it('drops the oldest where there are too many, and all that are a week old', () => {
    for (let count = 0; count < 305; count += 1) memory.keep(entry(`u${count}`, { filename: `${count}.mp3` }));
    const kept = memory.of('ada');
    expect([kept.length, kept[0]?.uploadId]).toEqual([300, 'u5']);
    now += 7 * DAY;
    expect(memory.of('ada')).toEqual([]);
  });

  it.each([
    'nonsense',
    '{}',
    '[1, null, {"userId": "ada"}]',
    '[{"userId":"ada","uploadId":"u","filename":"a","size":-1}]',
  ])('takes %s in the storage for nothing', (stored) => {
    localStorage.setItem('segue.transfers', stored);
    expect(memory.of('ada')).toEqual([]);
  });

  it('does without a storage that throws', () => {
    const none = new Memory(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    none.keep(entry('u1'));
    none.forget(['u1']);
    expect(none.of('ada')).toEqual([]);
  });
});
