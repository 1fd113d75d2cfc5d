import { type FormEvent, useState } from 'react';
import type { Upload } from '../api/client';
import { asProblem } from '../api/problem';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { TextField } from '../ui/TextField';
import { type Names, rename } from './actions';

const FIELDS = [
  { name: 'title', label: 'Title' },
  { name: 'artist', label: 'Artist' },
  { name: 'album', label: 'Album' },
] as const;
/** The server takes no longer name. */
const LONGEST = 500;

interface Props {
  upload: Upload | undefined;
  onClose: () => void;
}

export function RenameDialog({ upload, onClose }: Props) {
  return (
    <Dialog isOpen={upload !== undefined} onClose={onClose} title="Rename" description={upload?.filename}>
      {upload && <Form upload={upload} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ upload, onClose }: { upload: Upload; onClose: () => void }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    const changed = changedNames(upload, new FormData(event.currentTarget));
    if (Object.keys(changed).length === 0) return onClose();
    setBusy(true);
    setProblem(undefined);
    try {
      await rename(upload.id, changed);
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown).message);
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
      {FIELDS.map(({ name, label }) => (
        <TextField
          key={name}
          name={name}
          label={label}
          defaultValue={upload[name] ?? ''}
          maxLength={LONGEST}
          autoComplete="off"
          {...(name === 'title' ? { placeholder: upload.filename } : {})}
        />
      ))}
      {problem && (
        <p role="alert" className="text-danger text-sm">
          {problem}
        </p>
      )}
      <div className="mt-1 flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" look="primary" isBusy={isBusy}>
          Save
        </Button>
      </div>
    </form>
  );
}

function changedNames(upload: Upload, form: FormData): Partial<Names> {
  const changed: Partial<Names> = {};
  for (const { name } of FIELDS) {
    const text = String(form.get(name) ?? '').trim();
    if (text !== (upload[name] ?? '')) changed[name] = text;
  }
  return changed;
}
