import { describe, expect, it } from 'vitest';
import { type Limits, refusalOf, tell } from './refusals';

const limits: Limits = { maxUploadBytes: 2 * 1024 ** 3, sourceTypes: ['mp3', 'flac', 'wav'] };

describe('refusalOf', () => {
  it.each([
    ['song.mp3', 1, undefined],
    ['SONG.FLAC', 2 * 1024 ** 3, undefined],
    ['two.dots.wav', 5, undefined],
    ['song.mp3', 0, 'empty'],
    ['song.mp3', 2 * 1024 ** 3 + 1, 'size'],
    ['cover.jpg', 5, 'type'],
    ['mp3', 5, 'type'],
    ['song.mp3.', 5, 'type'],
    ['folder.jpg', 0, 'type'],
    [`${'é'.repeat(251)}.mp3`, 5, undefined],
    [`${'é'.repeat(252)}.mp3`, 5, 'name'],
  ] as const)('%s of %d bytes: %s', (name, size, reason) => {
    expect(refusalOf({ name, size }, limits)).toBe(reason);
  });

  it('leaves to the server what is not known here', () => {
    const unknown = { maxUploadBytes: undefined, sourceTypes: undefined };
    expect(refusalOf({ name: 'cover.jpg', size: 1e15 }, unknown)).toBeUndefined();
    expect(refusalOf({ name: 'cover.jpg', size: 0 }, unknown)).toBe('empty');
  });
});

describe('tell', () => {
  it('names each reason once, with the limit', () => {
    const told = tell(
      [
        { filename: 'a.jpg', reason: 'type' },
        { filename: 'long.wav', reason: 'size' },
        { filename: 'b.txt', reason: 'type' },
      ],
      limits,
    );
    expect(told).toEqual([
      { reason: 'size', files: 'long.wav', why: 'Too large. Segue takes files of up to 2.1 GB.' },
      { reason: 'type', files: 'a.jpg, b.txt', why: 'Not a type that Segue takes. It takes mp3, flac, wav.' },
    ]);
  });

  it.each([
    [2 * 1024 ** 3, '2.1 GB'],
    [2_190_000_000, '2.1 GB'],
    [199_900_000, '199 MB'],
    [500_000_000, '500 MB'],
    [999_999_999, '999 MB'],
    [12, '12 B'],
  ])('never promises more than the limit of %d bytes', (maxUploadBytes, words) => {
    const [told] = tell([{ filename: 'a.mp3', reason: 'size' }], { ...limits, maxUploadBytes });
    expect(told?.why).toBe(`Too large. Segue takes files of up to ${words}.`);
  });

  it('counts where there are too many to name', () => {
    const many = (count: number) =>
      tell(
        Array.from({ length: count }, (_, index) => ({ filename: `${index}.jpg`, reason: 'type' as const })),
        limits,
      )[0]?.files;
    expect(many(5)).toBe('0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg');
    expect(many(1004)).toBe('0.jpg, 1.jpg, 2.jpg, 3.jpg and 1,000 other files');
  });

  it('says nothing of nothing', () => {
    expect(tell([], limits)).toEqual([]);
  });
});
