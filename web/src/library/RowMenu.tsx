import { CircleX, Info, ListChecks, Pencil, RotateCcw, Trash2 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useRef } from 'react';
import type { Upload } from '../api/client';
import { MenuItem, MenuLine } from '../ui/Menu';
import { cancel, retry } from './actions';
import { deleteUploads } from './deleting';
import { selection, toggled } from './selection';
import { nameOf } from './words';

interface Props {
  /** The row it is open for. */
  upload: Upload | undefined;
  /** Of that row, from the top of the list. */
  top: number;
  height: number;
  onClose: () => void;
  onRename: (upload: Upload) => void;
  onExplain: (upload: Upload) => void;
  focusRow: (id: string) => void;
}

/** One menu for all rows: with one in each, scrolling would mostly make menus. */
export function RowMenu({ upload, top, height, onClose, onRename, onExplain, focusRow }: Props) {
  const after = useRef<(() => void) | undefined>(undefined);
  const last = useRef<Upload | undefined>(undefined);
  if (upload) last.current = upload;
  const shown = last.current;
  // Only once the focus is back on the row: a dialog returns it to where it was before.
  const then = (run: () => void) => () => {
    after.current = run;
  };
  const isOwnButton = (target: EventTarget | null) =>
    target instanceof Element &&
    target.closest('[data-control="menu"]')?.closest('[data-row]')?.getAttribute('data-row') === upload?.id;
  return (
    <DropdownMenu.Root open={upload !== undefined} modal={false} onOpenChange={(open) => !open && onClose()}>
      <DropdownMenu.Trigger asChild>
        <span
          aria-hidden
          style={{ height, transform: `translateY(${top}px)` }}
          className="-z-1 pointer-events-none absolute top-0 right-1 w-10"
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.getElementById('main')}>
        <DropdownMenu.Content
          aria-label={shown ? `For ${nameOf(shown)}` : undefined}
          aria-labelledby={undefined}
          align="end"
          sideOffset={-8}
          collisionPadding={8}
          // A press on its own button closes it, which that button does.
          onInteractOutside={(event) => isOwnButton(event.target) && event.preventDefault()}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (shown) focusRow(shown.id);
            after.current?.();
            after.current = undefined;
          }}
          className="z-30 min-w-52 rounded-2xl border border-line bg-raised p-1.5 text-ink shadow-float"
        >
          {shown && <Items upload={shown} then={then} onRename={onRename} onExplain={onExplain} />}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemsProps {
  upload: Upload;
  then: (run: () => void) => () => void;
  onRename: (upload: Upload) => void;
  onExplain: (upload: Upload) => void;
}

function Items({ upload, then, onRename, onExplain }: ItemsProps) {
  const { state, failure } = upload;
  const isUnfinished = state === 'uploading' || state === 'queued' || state === 'processing';
  return (
    <>
      <MenuItem onSelect={then(() => onRename(upload))}>
        <Pencil size={16} aria-hidden /> Rename
      </MenuItem>
      {state === 'failed' && (
        <MenuItem onSelect={then(() => onExplain(upload))}>
          <Info size={16} aria-hidden /> Why it failed
        </MenuItem>
      )}
      {(state === 'ready' || (state === 'failed' && failure?.retryable)) && (
        <MenuItem onSelect={then(() => void retry([upload]))}>
          <RotateCcw size={16} aria-hidden /> {state === 'ready' ? 'Process again' : 'Try again'}
        </MenuItem>
      )}
      {isUnfinished && (
        <MenuItem onSelect={then(() => void cancel(upload))}>
          <CircleX size={16} aria-hidden /> Cancel
        </MenuItem>
      )}
      <MenuItem onSelect={then(() => selection.set(toggled(selection.get(), upload.id)))}>
        <ListChecks size={16} aria-hidden /> {selection.get().ids.has(upload.id) ? 'Unselect' : 'Select'}
      </MenuItem>
      <MenuLine />
      <MenuItem isDangerous onSelect={then(() => deleteUploads([upload]))}>
        <Trash2 size={16} aria-hidden /> Delete
      </MenuItem>
    </>
  );
}
