import { Plus } from 'lucide-react';
import { Button } from '../ui/Button';
import { FilePicker } from './FilePicker';

/** Adds files to the library. */
export function UploadButton() {
  return (
    <FilePicker testId="file-input">
      {(pick) => (
        <Button look="primary" onClick={pick}>
          <Plus size={18} aria-hidden />
          Upload
        </Button>
      )}
    </FilePicker>
  );
}
