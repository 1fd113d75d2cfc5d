import { answer, api, type Upload } from '../api/client';
import { asProblem } from '../api/problem';
import { applyUpload, hideUploads } from '../live/cache';
import { player } from '../player/player';
import { store } from '../player/state';
import { plural } from '../ui/format';
import { toast } from '../ui/toasts';
import { complain } from './actions';
import { forEach } from './parallel';
import { returnFocus } from './returnFocus';
import { nameOf } from './words';

/** The server keeps what is deleted for ten seconds. A press in the last moment has to arrive in time. */
const UNDO_MS = 9_700;

let undoLast: (() => void) | undefined;

/** Takes back the delete that can still be taken back, if there is one; returns whether there was. */
export function undoDelete(): boolean {
  if (!undoLast) return false;
  undoLast();
  return true;
}

/** The rows go at once, and come back if that is wanted within ten seconds, or if the server did not delete them. */
export function deleteUploads(uploads: readonly Upload[]): void {
  const [first] = uploads;
  if (!first) return;
  const hidden = hideUploads(uploads);
  const playing = store.get().current?.id;
  if (uploads.some(({ id }) => id === playing)) player.stop();
  const unwanted = new AbortController();
  const deleted: Upload[] = [];

  const send = async (upload: Upload) => {
    try {
      const { delete_at } = await answer(api.DELETE('/api/v1/uploads/{id}', { params: { path: { id: upload.id } } }));
      hidden.confirm(upload.id, delete_at);
      deleted.push(upload);
    } catch (thrown) {
      // Somebody else was faster.
      if (asProblem(thrown).status === 404) return hidden.confirm(upload.id, upload.updated_at);
      hidden.show(upload.id);
      throw thrown;
    }
  };
  const sent = forEach(uploads, send, unwanted.signal).then((failed) => {
    complain(failed, 'could not be deleted');
  });

  const undo = async () => {
    close();
    unwanted.abort();
    await sent;
    for (const { id } of uploads) hidden.show(id);
    const failed = await forEach(deleted, restore);
    const isTooLate = failed.some(({ problem }) => problem.status === 404);
    complain(failed, isTooLate ? 'cannot be brought back: it was too late' : 'could not be brought back');
  };

  const text =
    uploads.length === 1 ? `${nameOf(first)} is deleted.` : `${plural(uploads.length, 'upload')} are deleted.`;
  const run = () => void undo();
  const takeBack = toast(text, { action: { label: 'Undo', run }, milliseconds: UNDO_MS });
  // A toast waits while it is pointed at, but the server does not.
  const timer = setTimeout(() => {
    const isAnythingFocused = document.activeElement !== document.body;
    close();
    if (isAnythingFocused) requestAnimationFrame(returnFocus);
  }, UNDO_MS);
  const close = () => {
    clearTimeout(timer);
    takeBack();
    if (undoLast === run) undoLast = undefined;
  };
  undoLast = run;
}

async function restore({ id }: Upload): Promise<void> {
  applyUpload(await answer(api.POST('/api/v1/uploads/{id}/restore', { params: { path: { id } } })));
}
