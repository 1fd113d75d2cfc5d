import { answer, api, type Upload } from '../api/client';
import { asProblem } from '../api/problem';
import { applyUpload } from '../live/cache';
import { plural } from '../ui/format';
import { toast } from '../ui/toasts';
import { type Failed, forEach } from './parallel';
import { nameOf } from './words';

const at = (id: string) => ({ params: { path: { id } } });

/** Processes them again. */
export async function retry(uploads: readonly Upload[]): Promise<void> {
  const failed = await forEach(uploads, async ({ id }) => {
    applyUpload(await answer(api.POST('/api/v1/uploads/{id}/retry', at(id))));
  });
  const done = uploads.length - failed.length;
  if (uploads.length > 1 && done > 0) toast(`${plural(done, 'upload')} will be processed again.`);
  complain(failed, 'could not be processed again');
}

/** Calls the transfer or the processing off. */
export async function cancel(upload: Upload): Promise<void> {
  try {
    applyUpload(await answer(api.POST('/api/v1/uploads/{id}/cancel', at(upload.id))));
  } catch (thrown) {
    toast(`${nameOf(upload)} could not be cancelled. ${asProblem(thrown).message}`, { tone: 'danger' });
  }
}

export interface Names {
  title: string;
  artist: string;
  album: string;
}

/** Throws what is wrong with them. */
export async function rename(id: string, names: Partial<Names>): Promise<void> {
  applyUpload(await answer(api.PATCH('/api/v1/uploads/{id}', { ...at(id), body: names })));
}

/** Says how many of them failed, and why the first did. */
export function complain(failed: readonly Failed<Upload>[], what: string): void {
  const [first] = failed;
  if (!first) return;
  const who = failed.length === 1 ? nameOf(first.item) : plural(failed.length, 'upload');
  toast(`${who} ${what}. ${first.problem.message}`, { tone: 'danger', milliseconds: 10_000 });
}
