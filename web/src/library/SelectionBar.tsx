import { CheckCheck, Play, RotateCcw, Trash2, X } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import type { Upload } from '../api/client';
import { player } from '../player/player';
import { Button, IconButton } from '../ui/Button';
import { retry } from './actions';
import { deleteUploads } from './deleting';
import { returnFocus } from './returnFocus';
import { selection, useSelection } from './selection';

/** What can be done with all that is chosen. Stands where the search stands otherwise. */
export function SelectionBar({ rows }: { rows: readonly Upload[] }) {
  const { ids } = useSelection();
  const chosen = rows.filter(({ id }) => ids.has(id));
  const playable = chosen.filter((upload) => upload.playable);
  const failed = chosen.filter(({ state, failure }) => state === 'failed' && failure?.retryable);
  useEffect(() => returnFocus, []);
  return (
    <section aria-label="Selected uploads" className="flex h-11 grow items-center gap-1 rounded-full bg-tint pr-1 pl-4">
      <p className="mr-auto whitespace-nowrap text-sm tabular-nums">
        <strong className="font-semibold">{chosen.length.toLocaleString('en')}</strong> selected
      </p>
      <BarButton
        label={`Select all ${rows.length.toLocaleString('en')} that are loaded`}
        text="All"
        icon={<CheckCheck size={17} aria-hidden />}
        onPress={() => selection.set({ ids: new Set(rows.map(({ id }) => id)), anchor: undefined })}
      />
      {playable.length > 0 && (
        <BarButton
          label="Play selected"
          text="Play"
          icon={<Play size={17} aria-hidden />}
          onPress={() => {
            player.play(playable, 0);
            selection.clear();
          }}
        />
      )}
      {failed.length > 0 && (
        <BarButton
          label={`Try ${failed.length} failed again`}
          text="Try again"
          icon={<RotateCcw size={17} aria-hidden />}
          onPress={() => {
            void retry(failed);
            selection.clear();
          }}
        />
      )}
      <BarButton
        label="Delete selected"
        text="Delete"
        icon={<Trash2 size={17} aria-hidden />}
        onPress={() => {
          deleteUploads(chosen);
          selection.clear();
        }}
      />
      <IconButton label="Clear the selection" onClick={selection.clear}>
        <X size={18} aria-hidden />
      </IconButton>
    </section>
  );
}

interface BarButtonProps {
  label: string;
  text: string;
  icon: ReactNode;
  onPress: () => void;
}

/** With its word where there is room. */
function BarButton({ label, text, icon, onPress }: BarButtonProps) {
  return (
    <Button look="quiet" aria-label={label} title={label} onClick={onPress} className="px-3 max-sm:w-10 max-sm:px-0">
      {icon}
      <span className="max-sm:hidden">{text}</span>
    </Button>
  );
}
