import { describe, expect, it } from 'vitest';
import { example } from './example';
import { filterOf, fold, inOrder, matches, searchOf } from './filter';

describe('the filter in the address', () => {
  it('leaves out what nobody knows', () => {
    expect(filterOf({ state: 'asleep', sort: 'loudest' })).toEqual({ q: '', state: '', sort: 'newest' });
    expect(filterOf({ q: 'x'.repeat(300) }).q).toHaveLength(200);
  });

  it('says nothing of what is usual, and reads back what it says', () => {
    expect(searchOf(filterOf({}))).toEqual({});
    const search = { q: 'elise', state: 'ready', sort: 'title' };
    expect(searchOf(filterOf(search))).toEqual(search);
  });
});

describe('folding', () => {
  it('takes case, accents and forms for the same, as the server does', () => {
    expect(fold('Für  Élise')).toBe('fur elise');
    expect(fold('ＬＯＵＤ  music\t')).toBe('loud music');
    expect(fold('İstanbul.mp3')).toBe('istanbul.mp3');
    expect(fold('ΟΔΟΣ')).toBe(fold('οδοσ'));
  });
});

describe('what is listed', () => {
  const all = filterOf({});
  it('is what is not deleted, in the state that is asked for', () => {
    expect(matches(example(1), all)).toBe(true);
    expect(matches(example(1, { delete_at: '2026-11-21T12:00:00.000Z' }), all)).toBe(false);
    expect(matches(example(1, { state: 'deleting' }), all)).toBe(false);
    expect(matches(example(1), { ...all, state: 'failed' })).toBe(false);
    expect(matches(example(1, { state: 'failed' }), { ...all, state: 'failed' })).toBe(true);
  });

  it('holds the text in one of its names, and not across two', () => {
    const song = example(1, { title: 'Für Élise', artist: 'Beethoven', album: null, filename: 'woo59.mp3' });
    expect(['elise', 'BEETHOVEN', 'oo59.', '  für '].map((q) => matches(song, { ...all, q }))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(matches(song, { ...all, q: 'elise beethoven' })).toBe(false);
  });
});

describe('orders', () => {
  const songs = [
    example(1, { title: 'Éclair', duration_seconds: 30 }),
    example(2, { title: null, filename: 'aria.mp3', duration_seconds: null }),
    example(3, { title: 'zephyr', duration_seconds: 60 }),
    example(4, { title: 'eclair', duration_seconds: 30 }),
  ];
  const order = (sort: Parameters<typeof inOrder>[0]) =>
    songs.toSorted(inOrder(sort)).map(({ id }) => Number(id.slice(-1)));

  it('are those of the server', () => {
    expect(order('newest')).toEqual([4, 3, 2, 1]);
    expect(order('oldest')).toEqual([1, 2, 3, 4]);
    expect(order('title')).toEqual([2, 1, 4, 3]);
    expect(order('title_descending')).toEqual([3, 4, 1, 2]);
    expect(order('longest')).toEqual([3, 4, 1, 2]);
    expect(order('shortest')).toEqual([2, 1, 4, 3]);
  });
});
