import { describe, expect, it } from 'vitest';
import type { Upload } from '../api/client';
import { example, later } from '../library/example';
import { filterOf } from '../library/filter';
import { laterOrGiven, laterOrHeld, merge, type Pages, rowsOf } from './merge';

const newest = filterOf({});

/** Pages of these rows, newest first; with more to come unless said otherwise. */
function pagesOf(numbers: number[][], end: string | null = 'more'): Pages {
  return {
    pages: numbers.map((page, index) => ({
      uploads: page.map((number) => example(number)),
      next_cursor: index < numbers.length - 1 ? `to-${index + 1}` : end,
    })),
    pageParams: numbers.map((_, index) => (index === 0 ? null : `to-${index}`)),
  };
}

function put(pages: Pages, upload: Upload | Upload[], filter = newest, rule = laterOrGiven): Pages {
  const batch = new Map([upload].flat().map((each) => [each.id, each]));
  return merge(pages, batch, { filter, rule });
}

const numbers = (pages: Pages) => pages.pages.map(({ uploads }) => uploads.map(({ id }) => Number(id.slice(-4))));

describe('a row that is listed', () => {
  const pages = pagesOf([[9, 8], [7]]);

  it('is replaced by a later one, and by one of the same time', () => {
    const renamed = later(example(8), 1, { title: 'New' });
    expect(rowsOf(put(pages, renamed))[1]).toBe(renamed);
    const moved = { ...example(8), queue_position: 3 };
    expect(rowsOf(put(pages, moved))[1]).toBe(moved);
  });

  it('is not replaced by an older one', () => {
    expect(put(pages, later(example(8), -1, { title: 'Old' }))).toBe(pages);
  });

  it('leaves the other pages as they are', () => {
    const merged = put(pages, later(example(8), 1));
    expect(merged.pages[1]).toBe(pages.pages[1]);
  });

  it('goes when it is deleted', () => {
    const deleted = later(example(8), 1, { delete_at: '2026-11-21T12:00:00.000Z' });
    expect(numbers(put(pages, deleted))).toEqual([[9], [7]]);
    expect(numbers(put(pages, later(example(7), 1, { state: 'deleting' })))).toEqual([[9, 8], []]);
  });

  it('goes when its state is not asked for any more', () => {
    const failed = filterOf({ state: 'ready' });
    expect(numbers(put(pages, later(example(8), 1, { state: 'queued' }), failed))).toEqual([[9], [7]]);
  });
});

describe('a row that is not listed', () => {
  it('comes to the top when it is new', () => {
    expect(numbers(put(pagesOf([[9, 8], [7]]), example(10)))).toEqual([[10, 9, 8], [7]]);
  });

  it('comes back to its place when it is restored', () => {
    expect(numbers(put(pagesOf([[9, 7], [5]]), example(8)))).toEqual([[9, 8, 7], [5]]);
    expect(numbers(put(pagesOf([[9, 8], [5]]), example(6)))).toEqual([
      [9, 8],
      [6, 5],
    ]);
  });

  it('waits for its page if that is not loaded', () => {
    const pages = pagesOf([[9, 8]]);
    expect(put(pages, example(3))).toBe(pages);
    expect(numbers(put(pagesOf([[9, 8]], null), example(3)))).toEqual([[9, 8, 3]]);
  });

  it('is the first of an empty library', () => {
    expect(numbers(put(pagesOf([[]], null), example(1)))).toEqual([[1]]);
  });

  it('stays away where it does not match', () => {
    const pages = pagesOf([[9, 8]]);
    expect(put(pages, example(10), filterOf({ state: 'failed' }))).toBe(pages);
    expect(put(pages, example(10), filterOf({ q: 'sonata' }))).toBe(pages);
    expect(numbers(put(pages, example(10, { title: 'Sonata' }), filterOf({ q: 'sonata' })))).toEqual([[10, 9, 8]]);
  });
});

describe('other orders', () => {
  const byTitle = filterOf({ sort: 'title' });
  const pages: Pages = {
    pages: [{ uploads: ['a', 'c', 'e'].map((title, index) => example(index, { title })), next_cursor: null }],
    pageParams: [null],
  };
  const titles = (merged: Pages) => rowsOf(merged).map(({ title }) => title);

  it('take a new row where it belongs', () => {
    expect(titles(put(pages, example(9, { title: 'D' }), byTitle))).toEqual(['a', 'c', 'D', 'e']);
  });

  it('move a row that is called otherwise', () => {
    expect(titles(put(pages, later(example(0), 1, { title: 'z' }), byTitle))).toEqual(['c', 'e', 'z']);
  });
});

describe('progress', () => {
  const held = later(example(1, { state: 'processing', progress: { encoded_seconds: 10, total_seconds: 60 } }), 5);
  it('is taken from a list, whose rows do not say when the worker was heard', () => {
    const listed = later(held, -5, { progress: { encoded_seconds: 20, total_seconds: 60 } });
    expect(laterOrGiven(held, listed)).toEqual({ ...held, progress: listed.progress });
    expect(laterOrGiven(held, { ...listed, progress: { encoded_seconds: 5, total_seconds: 60 } })).toBe(held);
  });
});

describe('what was told of before an answer', () => {
  it('yields to the answer unless it is later, or says that the row is deleted', () => {
    const answered = example(1);
    expect(laterOrHeld(answered, { ...answered })).toBe(answered);
    const told = later(answered, 1);
    expect(laterOrHeld(answered, told)).toBe(told);
    const deleted = { ...answered, delete_at: '2026-11-21T12:00:00.000Z' };
    expect(laterOrHeld(answered, deleted)).toBe(deleted);
    expect(laterOrHeld(told, deleted)).toBe(told);
  });
});

it('each row is listed once, if it comes again with its page', () => {
  expect(
    rowsOf(
      pagesOf([
        [9, 8, 7],
        [7, 6],
      ]),
    ).map(({ title }) => title),
  ).toEqual(['Song 9', 'Song 8', 'Song 7', 'Song 6']);
});
