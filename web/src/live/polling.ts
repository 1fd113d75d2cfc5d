import { answer, api, type Upload } from '../api/client';
import { asProblem } from '../api/problem';
import { queries } from '../app/queries';
import { applyUploads, removeUpload, unfinishedUploads } from './cache';

const UNFINISHED = ['uploading', 'queued', 'processing'] as const;
const PAGE = 200;
/** More than these are not asked for one by one. */
const FEW = 20;

/** Looks once at what is unfinished, and at what was until now. */
export async function pollUnfinished(signal: AbortSignal): Promise<void> {
  const before = unfinishedUploads();
  const list = (state: (typeof UNFINISHED)[number]) =>
    answer(api.GET('/api/v1/uploads', { params: { query: { state, limit: PAGE } }, signal }));
  const pages = await Promise.all(UNFINISHED.map(list));
  const rows = pages.flatMap((page) => page.uploads);
  applyUploads(rows);

  const ids = new Set(rows.map(({ id }) => id));
  // The newest come first. Of what is older than the last row of a full page nothing is known.
  const floor =
    pages
      .map((page) => (page.next_cursor ? (page.uploads.at(-1)?.id ?? '') : ''))
      .sort()
      .at(-1) ?? '';
  const ended = before.filter(({ id }) => !ids.has(id) && id > floor);
  if (ended.length > FEW) await queries.invalidateQueries({ queryKey: ['library'] });
  else await Promise.all(ended.map((upload) => look(upload, signal)));
}

async function look({ id }: Upload, signal: AbortSignal): Promise<void> {
  try {
    applyUploads([await answer(api.GET('/api/v1/uploads/{id}', { params: { path: { id } }, signal }))]);
  } catch (thrown) {
    if (asProblem(thrown).status !== 404) throw thrown;
    removeUpload(id);
  }
}
