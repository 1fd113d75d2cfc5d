import { Ellipsis, RotateCcw } from 'lucide-react';
import { memo } from 'react';
import type { Upload } from '../api/client';
import { usePlayer } from '../player/player';
import { IconButton } from '../ui/Button';
import { bytes, clock, spokenTime } from '../ui/format';
import { RowLead } from './RowLead';
import { StateLine } from './StateLine';
import { useIsSelected } from './selection';
import { nameOf, shortDay } from './words';

/** What can be done with a row. The same object for all rows and all time, so that rows need not be drawn anew. */
export interface RowActions {
  play: (id: string) => void;
  select: (id: string, isRange: boolean) => void;
  openMenu: (id: string) => void;
  explain: (id: string) => void;
  retry: (id: string) => void;
}

interface Props {
  upload: Upload;
  index: number;
  /** -1: nobody knows yet. */
  total: number;
  /** From the top of the list, and how high, in pixels. */
  top: number;
  height: number;
  isMenuOpen: boolean;
  actions: RowActions;
}

export const UploadRow = memo(function UploadRow({ upload, index, total, top, height, isMenuOpen, actions }: Props) {
  const { id, state } = upload;
  const name = nameOf(upload);
  const isSelected = useIsSelected(id);
  const isCurrent = usePlayer((player) => player.current?.id === id);
  const isPlaying = usePlayer((player) => player.current?.id === id && player.isPlaying);
  const colour = isSelected || isCurrent ? 'bg-tint' : 'hover:bg-raised';
  return (
    <li
      data-row={id}
      aria-posinset={index + 1}
      aria-setsize={total}
      aria-current={isCurrent || undefined}
      style={{ height, transform: `translateY(${top}px)` }}
      className={`absolute inset-x-0 contain-layout contain-style top-0 flex items-center gap-2 border-line border-b px-1 sm:gap-3 sm:px-2 ${colour}`}
    >
      <label className="grid size-10 shrink-0 cursor-pointer place-items-center max-sm:hidden max-sm:group-data-selecting/list:grid max-sm:group-data-selecting/list:after:absolute max-sm:group-data-selecting/list:after:inset-0">
        <input
          type="checkbox"
          data-control="select"
          checked={isSelected}
          aria-label={`Select ${name}`}
          onChange={({ nativeEvent }) => actions.select(id, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
          className="size-[1.1rem] accent-accent"
        />
      </label>
      <RowLead
        upload={upload}
        isPlaying={isPlaying}
        onPlay={() => actions.play(id)}
        className="max-sm:group-data-selecting/list:hidden"
      />
      <div className="min-w-0 grow text-sm lg:grid lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)] lg:items-center lg:gap-6">
        <p className={`truncate font-medium text-[0.95rem] ${isCurrent ? 'text-accent' : ''}`}>{name}</p>
        <StateLine upload={upload} onExplain={() => actions.explain(id)} />
      </div>
      {state === 'failed' && upload.failure?.retryable && (
        <IconButton
          label={`Try ${name} again`}
          data-control="retry"
          onClick={() => actions.retry(id)}
          className="relative z-1 max-sm:group-data-selecting/list:invisible"
        >
          <RotateCcw size={17} aria-hidden />
        </IconButton>
      )}
      <Figures upload={upload} />
      <IconButton
        label={`More for ${name}`}
        data-control="menu"
        aria-haspopup="menu"
        aria-expanded={isMenuOpen}
        onClick={() => actions.openMenu(id)}
        className="relative z-1 max-sm:group-data-selecting/list:invisible"
      >
        <Ellipsis size={18} aria-hidden />
      </IconButton>
    </li>
  );
});

function Figures({ upload }: { upload: Upload }) {
  const { duration_seconds: seconds, size, created_at, purge_after } = upload;
  return (
    <>
      <span className={`w-14 shrink-0 text-right text-sm text-soft tabular-nums ${seconds ? '' : 'max-sm:hidden'}`}>
        {seconds && (
          <>
            <span aria-hidden>{clock(seconds)}</span>
            <span className="sr-only">{spokenTime(seconds)}</span>
          </>
        )}
      </span>
      <span className="w-20 shrink-0 text-right text-sm text-soft tabular-nums max-lg:hidden">{bytes(size)}</span>
      <span className="w-28 shrink-0 text-right text-sm text-soft max-sm:hidden">
        {purge_after ? `goes ${shortDay(purge_after)}` : shortDay(created_at)}
      </span>
    </>
  );
}
