import type { InfiniteData } from '@tanstack/react-query';
import type { LibraryPage, Upload } from '../api/client';
import { type Filter, inOrder, isHidden, matches } from '../library/filter';

export type Pages = InfiniteData<LibraryPage>;

/** Which of two rows of one upload stands. */
export type Rule = (held: Upload, given: Upload) => Upload;

/**
 * The later one; of two of the same time the given one, since what waits moves up without being written to. But what is
 * known to be deleted comes back only by a later one.
 */
export const laterOrGiven: Rule = (held, given) => {
  if (given.updated_at < held.updated_at) return withProgress(held, given);
  const wasDeleted = given.updated_at === held.updated_at && isHidden(held) && !isHidden(given);
  return wasDeleted ? held : given;
};

/** The later one; of two of the same time the held one, unless the other is known to be deleted. */
export const laterOrHeld: Rule = (held, given) =>
  given.updated_at > held.updated_at || (given.updated_at === held.updated_at && isHidden(given)) ? given : held;

/** A list says when the row was written to, an event also when its worker was heard: so progress is compared by itself. */
function withProgress(held: Upload, given: Upload): Upload {
  const isFurther =
    held.state === 'processing' &&
    given.state === 'processing' &&
    held.progress &&
    given.progress &&
    given.progress.encoded_seconds > held.progress.encoded_seconds;
  return isFurther ? { ...held, progress: given.progress } : held;
}

interface Merging {
  filter: Filter;
  rule: Rule;
  /** Told of each row that another took the place of. */
  onChange?: (before: Upload, after: Upload) => void;
}

/** The pages with these rows where the server would list them. Pages on which nothing changes stay the same objects. */
export function merge(pages: Pages, batch: ReadonlyMap<string, Upload>, { filter, rule, onChange }: Merging): Pages {
  const order = inOrder(filter.sort);
  const listed = new Set<string>();
  const moved: Upload[] = [];
  const next = pages.pages.map((page) => {
    if (!page.uploads.some(({ id }) => batch.has(id))) return page;
    const uploads: Upload[] = [];
    for (const held of page.uploads) {
      const given = batch.get(held.id);
      const row = given ? rule(held, given) : held;
      if (given) listed.add(held.id);
      if (row !== held) onChange?.(held, row);
      if (row === held || (matches(row, filter) && order(held, row) === 0)) uploads.push(row);
      else if (matches(row, filter)) moved.push(row);
    }
    const isSame = uploads.length === page.uploads.length && uploads.every((row, index) => row === page.uploads[index]);
    return isSame ? page : { ...page, uploads };
  });
  for (const upload of batch.values()) {
    if (!listed.has(upload.id) && matches(upload, filter)) moved.push(upload);
  }
  for (const upload of moved) insert(next, upload, order);
  return next.every((page, index) => page === pages.pages[index]) ? pages : { ...pages, pages: next };
}

/** What comes after all that is loaded is left out: it will come with its own page. */
function insert(pages: LibraryPage[], upload: Upload, order: (a: Upload, b: Upload) => number): void {
  const isEmpty = pages.every((page) => page.uploads.length === 0);
  const found = pages.findIndex((page) => {
    const last = page.uploads.at(-1);
    return last !== undefined && order(upload, last) < 0;
  });
  const isEnd = !pages.at(-1)?.next_cursor;
  const index = found >= 0 ? found : isEmpty ? 0 : isEnd ? pages.length - 1 : -1;
  const page = pages[index];
  if (!page) return;
  const at = page.uploads.findIndex((other) => order(upload, other) < 0);
  const uploads = at < 0 ? [...page.uploads, upload] : page.uploads.toSpliced(at, 0, upload);
  pages[index] = { ...page, uploads };
}

/** All rows that are loaded, each once: one that was put in by hand comes again with the page it is on. */
export function rowsOf(pages: Pages | undefined): Upload[] {
  const ids = new Set<string>();
  const rows: Upload[] = [];
  for (const page of pages?.pages ?? []) {
    for (const upload of page.uploads) {
      if (ids.has(upload.id)) continue;
      ids.add(upload.id);
      rows.push(upload);
    }
  }
  return rows;
}
