import type { Upload } from '../api/client';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { day } from '../ui/format';
import { retry } from './actions';
import { deleteUploads } from './deleting';
import { failureWords, nameOf } from './words';

interface Props {
  upload: Upload | undefined;
  onClose: () => void;
}

/** All that is known of a failure: a row has not the room. */
export function FailureDialog({ upload, onClose }: Props) {
  return (
    <Dialog
      isOpen={upload !== undefined}
      onClose={onClose}
      title="Why it failed"
      description={upload && nameOf(upload)}
    >
      {upload && (
        <>
          <p>{failureWords(upload)}</p>
          <p className="mt-3 text-soft text-sm">
            {upload.playable && 'What was made of it before can still be played. '}
            {upload.purge_after && `Unless it is processed before, it goes: ${day(upload.purge_after)}.`}
          </p>
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <Button
              look="quiet"
              className="text-danger"
              onClick={() => {
                onClose();
                deleteUploads([upload]);
              }}
            >
              Delete
            </Button>
            {upload.failure?.retryable && (
              <Button
                look="primary"
                onClick={() => {
                  onClose();
                  void retry([upload]);
                }}
              >
                Try again
              </Button>
            )}
          </div>
        </>
      )}
    </Dialog>
  );
}
