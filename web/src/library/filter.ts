import type { Upload } from '../api/client';

/** Which part of the library, in which order. What is empty is not asked for. */
export interface Filter {
  q: string;
  state: State | '';
  sort: Sort;
}

export const STATES = ['uploading', 'queued', 'processing', 'ready', 'failed'] as const;
export type State = (typeof STATES)[number];
export const SORTS = ['newest', 'oldest', 'title', 'title_descending', 'longest', 'shortest'] as const;
export type Sort = (typeof SORTS)[number];

/** The server takes no longer one. */
const LONGEST_SEARCH = 200;

interface Search {
  q?: string;
  state?: string;
  sort?: string;
}

/** What stands in an address may be anything: what is not known is left out. */
export function filterOf(search: Search): Filter {
  const { q = '', state = '', sort = '' } = search;
  return {
    q: [...q].slice(0, LONGEST_SEARCH).join(''),
    state: STATES.find((known) => known === state) ?? '',
    sort: SORTS.find((known) => known === sort) ?? 'newest',
  };
}

/** For the address: what is usual is not said. */
export function searchOf({ q, state, sort }: Filter): Search {
  return { ...(q && { q }), ...(state && { state }), ...(sort !== 'newest' && { sort }) };
}

/** NFKD, without marks, in lower case, with single spaces: as the server folds what is searched and sorted. */
export function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '');
  // One by one, since a whole text is lower-cased with regard to where a letter stands: Σ at the end of a word.
  const lower = Array.from(plain, (letter) => letter.toLowerCase()).join('');
  return lower
    .replace(/\p{M}/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

export function isHidden(upload: Upload): boolean {
  return Boolean(upload.delete_at) || upload.state === 'deleting';
}

/** Whether the server would list it. */
export function matches(upload: Upload, filter: Filter): boolean {
  if (isHidden(upload)) return false;
  if (filter.state && upload.state !== filter.state) return false;
  const wanted = fold(filter.q);
  if (!wanted) return true;
  const { title, artist, album, filename } = upload;
  return [title, artist, album, filename].some((text) => text && fold(text).includes(wanted));
}

/** The server's order: below zero, `a` comes first. Every order ends in the id, which says when it was reserved. */
export function inOrder(sort: Sort): (a: Upload, b: Upload) => number {
  const byId = (a: Upload, b: Upload) => compare(a.id, b.id);
  const byTitle = (a: Upload, b: Upload) => compare(titleKey(a), titleKey(b)) || byId(a, b);
  const byLength = (a: Upload, b: Upload) => compare(a.duration_seconds ?? 0, b.duration_seconds ?? 0) || byId(a, b);
  const orders: Record<Sort, (a: Upload, b: Upload) => number> = {
    newest: (a, b) => byId(b, a),
    oldest: byId,
    title: byTitle,
    title_descending: (a, b) => byTitle(b, a),
    longest: (a, b) => byLength(b, a),
    shortest: byLength,
  };
  return orders[sort];
}

function titleKey(upload: Upload): string {
  return fold(upload.title ?? upload.filename);
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
