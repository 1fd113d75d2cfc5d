import { type Query, useQuery } from '@tanstack/react-query';
import type { Upload } from '../api/client';
import { queries } from '../app/queries';
import type { Filter } from '../library/filter';
import { uploadQuery } from '../library/queries';
import { followUser } from '../session/user';
import { laterOrGiven, laterOrHeld, merge, type Pages, type Rule } from './merge';

/** A list that was asked for before a row changed is answered within this time, or has failed. */
const RECENT_MS = 30_000;
const MOST_RECENT = 2_000;
/** Later than any. */
const END = '9999-12-31T23:59:59.999Z';

/** Rows that were told of lately: an answer that was on its way meanwhile knows nothing of them. */
const recent = new Map<string, { upload: Upload; at: number }>();
/** Rows that are hidden here while the server is being told to delete them. */
const leaving = new Map<string, Upload>();

export interface Change {
  before: Upload;
  after: Upload;
}
const listeners = new Set<(changes: readonly Change[]) => void>();

/** Calls back with what became of rows that are in a list; returns how to end it. */
export function followChanges(listener: (changes: readonly Change[]) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Puts a row into every cached query it belongs to. An older row never takes the place of a newer one. */
export function applyUpload(upload: Upload): void {
  applyUploads([upload]);
}

/** Many at once, so that the page is drawn once. */
export function applyUploads(uploads: readonly Upload[]): void {
  const batch = new Map<string, Upload>();
  for (const upload of uploads) {
    if (leaving.has(upload.id)) continue;
    const known = batch.get(upload.id) ?? recent.get(upload.id)?.upload;
    batch.set(upload.id, known ? laterOrGiven(known, upload) : upload);
  }
  if (batch.size === 0) return;
  remember(batch);
  for (const [id, upload] of batch) {
    queries.setQueryData<Upload>(['upload', id], (held) => held && laterOrGiven(held, upload));
  }
  tell(putInLists(batch, laterOrGiven));
}

function tell(changes: readonly Change[]): void {
  if (changes.length > 0) for (const listener of listeners) listener(changes);
}

/** It is gone. */
export function removeUpload(id: string): void {
  const held = findUpload(id);
  if (held) applyUpload({ ...held, state: 'deleting' });
}

export interface Hidden {
  /** The server knows, and lists them no more. */
  confirm: (id: string, deleteAt: string) => void;
  /** They are not deleted after all: back where they were. */
  show: (id: string) => void;
}

/** Takes rows out of all lists at once; whatever is heard of them meanwhile, until either is said of each. */
export function hideUploads(uploads: readonly Upload[]): Hidden {
  const rows = new Map(uploads.map((upload) => [upload.id, upload]));
  for (const upload of uploads) leaving.set(upload.id, { ...upload, delete_at: END, updated_at: END });
  putInLists(new Map(uploads.flatMap(({ id }) => leaving.get(id) ?? []).map((row) => [row.id, row])), laterOrGiven);
  const settle = (id: string, change: Partial<Upload>) => {
    const row = rows.get(id);
    if (!row || !leaving.delete(id)) return;
    const heard = recent.get(id)?.upload;
    const after = { ...(heard ? laterOrHeld(row, heard) : row), ...change };
    applyUpload(after);
    if (after.delete_at) tell([{ before: row, after }]);
  };
  return { confirm: (id, deleteAt) => settle(id, { delete_at: deleteAt }), show: (id) => settle(id, {}) };
}

/** As it is in whichever query has it. */
export function findUpload(id: string): Upload | undefined {
  const alone = queries.getQueryData<Upload>(['upload', id]);
  if (alone) return alone;
  for (const query of lists()) {
    for (const page of query.state.data?.pages ?? []) {
      const found = page.uploads.find((upload) => upload.id === id);
      if (found) return found;
    }
  }
  return undefined;
}

/** Those of the loaded rows that will still change by themselves. */
export function unfinishedUploads(): Upload[] {
  const found = new Map<string, Upload>();
  for (const query of lists()) {
    for (const page of query.state.data?.pages ?? []) {
      for (const upload of page.uploads) {
        if (['uploading', 'queued', 'processing'].includes(upload.state)) found.set(upload.id, upload);
      }
    }
  }
  return [...found.values()];
}

/** One upload as it changes; undefined until it is known. */
export function useUpload(id: string | undefined): Upload | undefined {
  const { data } = useQuery({
    ...uploadQuery(id ?? ''),
    initialData: () => (id ? findUpload(id) : undefined),
    enabled: id !== undefined,
  });
  return data;
}

type ListQuery = Query<Pages, Error, Pages, readonly ['library', Filter]>;

function lists(): ListQuery[] {
  return queries.getQueryCache().findAll({ queryKey: ['library'] }) as unknown as ListQuery[];
}

function putInLists(batch: ReadonlyMap<string, Upload>, rule: Rule): Change[] {
  const changes = new Map<string, Change>();
  const onChange = (before: Upload, after: Upload) => {
    if (!changes.has(after.id)) changes.set(after.id, { before, after });
  };
  for (const query of lists()) {
    const [, filter] = query.queryKey;
    const { data, dataUpdatedAt, isInvalidated } = query.state;
    if (!data) continue;
    const merged = merge(data, batch, { filter, rule, onChange });
    if (merged === data) continue;
    // A row that was told of makes the others no fresher.
    queries.setQueryData(query.queryKey, merged, { updatedAt: dataUpdatedAt });
    if (isInvalidated) query.invalidate();
  }
  return [...changes.values()];
}

function remember(batch: ReadonlyMap<string, Upload>): void {
  const now = Date.now();
  for (const [id, upload] of batch) {
    // Taken out first: a map keeps the order in which keys came.
    recent.delete(id);
    recent.set(id, { upload, at: now });
  }
  for (const [id, { at }] of recent) {
    if (recent.size <= MOST_RECENT && now - at <= RECENT_MS) break;
    recent.delete(id);
  }
}

// An answer shows how things stood when it was asked for.
queries.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated' || event.action.type !== 'success' || event.action.manual) return;
  if (event.query.queryKey[0] !== 'library') return;
  const now = Date.now();
  const told = [...recent.values()].filter(({ at }) => now - at <= RECENT_MS).map(({ upload }) => upload);
  const batch = new Map([...told, ...leaving.values()].map((upload) => [upload.id, upload]));
  if (batch.size > 0) putInLists(batch, laterOrHeld);
});

// Nothing of one user may be seen by the next.
followUser(() => {
  recent.clear();
  leaving.clear();
});
