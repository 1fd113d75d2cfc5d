import { useState } from 'react';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { plural } from '../ui/format';
import { transfers } from './transfers';

/** Asks first: what was sent of thousands of files cannot be brought back. */
export function CancelAll({ count }: { count: number }) {
  const [isAsking, setAsking] = useState(false);
  const close = () => setAsking(false);
  return (
    <>
      <Button look="quiet" onClick={() => setAsking(true)}>
        Cancel all
      </Button>
      <Dialog
        isOpen={isAsking}
        onClose={close}
        title={`Cancel ${plural(count, 'upload')}?`}
        description="What was sent of them so far is thrown away. Files that are in your library already stay there."
      >
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>Keep sending</Button>
          <Button
            look="danger"
            onClick={() => {
              close();
              transfers.cancelAll();
            }}
          >
            Cancel all
          </Button>
        </div>
      </Dialog>
    </>
  );
}
