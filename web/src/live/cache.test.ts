import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { queries } from '../app/queries';
import { example, later } from '../library/example';
import { filterOf } from '../library/filter';
import { libraryQuery } from '../library/queries';
import { applyUpload, applyUploads, type Change, findUpload, followChanges, hideUploads, removeUpload } from './cache';
import type { Pages } from './merge';
import { rowsOf } from './merge';

const all = filterOf({});
const failed = filterOf({ state: 'failed' });
let numbered = 0;

/** Rows of their own for each test. */
function songs(count: number) {
  numbered += 100;
  return Array.from({ length: count }, (_, index) => example(numbered - index));
}

function list(filter: typeof all, uploads: ReturnType<typeof songs>): void {
  const pages: Pages = { pages: [{ uploads, next_cursor: null }], pageParams: [null] };
  queries.setQueryData<Pages>(['library', filter], pages);
}

const listed = (filter: typeof all) => rowsOf(queries.getQueryData<Pages>(['library', filter]));

// An hour after the test before: what was told of lately is remembered.
beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) + numbered * 36_000 }));
afterEach(() => {
  queries.clear();
  vi.useRealTimers();
});

it('a row goes into every list it belongs to', () => {
  const [first, second] = songs(2);
  if (!first || !second) throw new Error('there are two');
  list(all, [first, second]);
  list(failed, []);
  queries.setQueryData(['upload', second.id], second);
  const broken = later(second, 1, { state: 'failed' });
  applyUpload(broken);
  expect(listed(all)).toEqual([first, broken]);
  expect(listed(failed)).toEqual([broken]);
  expect(findUpload(second.id)).toEqual(broken);
  applyUpload(later(second, 2));
  expect(listed(failed)).toEqual([]);
});

it('a list that was asked for before a change is put right when it comes', async () => {
  const [first, second] = songs(2);
  if (!first || !second) throw new Error('there are two');
  let answer = (_pages: Pages) => {};
  const asked = queries.fetchQuery({
    queryKey: ['library', all],
    queryFn: () =>
      new Promise<Pages>((resolve) => {
        answer = resolve;
      }),
  });
  const renamed = later(second, 1, { title: 'New' });
  const added = later(first, 0);
  applyUploads([renamed, added]);
  // As things stood before.
  answer({ pages: [{ uploads: [second], next_cursor: null }], pageParams: [null] });
  await asked;
  expect(listed(all)).toEqual([added, renamed]);
});

it('what is invalid stays so, whatever is told of', async () => {
  const [first] = songs(1);
  if (!first) throw new Error('there is one');
  list(all, [first]);
  await queries.invalidateQueries({ queryKey: ['library'], refetchType: 'none' });
  applyUpload(later(first, 1, { title: 'New' }));
  expect(queries.getQueryState(libraryQuery(all).queryKey)?.isInvalidated).toBe(true);
});

it('a row that is being deleted stays away until the server said so, and for good then', () => {
  const [first, second] = songs(2);
  if (!first || !second) throw new Error('there are two');
  list(all, [first, second]);
  const hidden = hideUploads([second]);
  applyUpload(later(second, 5));
  expect(listed(all)).toEqual([first]);
  hidden.confirm(second.id, '2026-11-21T12:00:00.000Z');
  applyUpload(later(second, -5));
  expect(listed(all)).toEqual([first]);
  const restored = later(second, 20);
  applyUpload(restored);
  expect(listed(all)).toEqual([first, restored]);
});

it('a row that could not be deleted comes back', () => {
  const [first, second, third] = songs(3);
  if (!first || !second || !third) throw new Error('there are three');
  list(all, [first, second, third]);
  const hidden = hideUploads([second]);
  expect(listed(all)).toEqual([first, third]);
  hidden.show(second.id);
  hidden.show(second.id);
  expect(listed(all)).toEqual([first, second, third]);
});

it('what is gone is removed', () => {
  const [first, second] = songs(2);
  if (!first || !second) throw new Error('there are two');
  list(all, [first, second]);
  removeUpload(first.id);
  removeUpload('unknown');
  expect(listed(all)).toEqual([second]);
});

it('whoever follows is told what became of a row, once', () => {
  const [first] = songs(1);
  if (!first) throw new Error('there is one');
  const queued = { ...first, state: 'queued' as const };
  list(all, [queued]);
  list(filterOf({ sort: 'title' }), [queued]);
  const told: Change[] = [];
  const forget = followChanges((changes) => told.push(...changes));
  const ready = later(first, 1);
  applyUpload(ready);
  forget();
  applyUpload(later(first, 2));
  expect(told).toEqual([{ before: queued, after: ready }]);
});
