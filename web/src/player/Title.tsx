import { ChevronUp } from 'lucide-react';
import { byLine, nameOf } from '../library/words';
import { clock } from '../ui/format';
import { usePlayer } from './player';
import { RungBars } from './RungBars';
import { useCurrent } from './useCurrent';
import { useLasting } from './useLasting';
import { useRungs } from './useRungs';

/** In milliseconds. */
const PATIENCE = 1500;

/** What is played, and by whom; where it has to wait, that. */
export function Title() {
  return (
    <div className="flex min-w-0 items-center gap-3.5">
      <Tile />
      <Lines />
    </div>
  );
}

/** The same, where it opens everything that has no room beside it. */
export function TitleButton({ onOpen }: { onOpen: () => void }) {
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-haspopup="dialog"
      className="flex min-w-0 items-center gap-3 rounded-2xl text-left"
    >
      <span className="sr-only">Open the player. </span>
      <Tile />
      <Lines hasTime />
      <ChevronUp size={20} className="shrink-0 text-soft" aria-hidden />
    </button>
  );
}

function Tile() {
  const { count, lit } = useRungs();
  return (
    <span className="grid size-11 shrink-0 place-items-center rounded-xl bg-tint">
      <RungBars count={count} lit={lit} className="h-5 w-auto" />
    </span>
  );
}

function Lines({ hasTime = false }: { hasTime?: boolean }) {
  const current = useCurrent();
  const isHeldUp = usePlayer(({ status }) => status === 'waiting' || status === 'loading');
  const isLasting = useLasting(isHeldUp, PATIENCE);
  if (!current) return null;
  const by = byLine(current);
  return (
    <span className="min-w-0 grow">
      <span className="block truncate font-display font-semibold text-base leading-6 tracking-tight xl:text-lg">
        {nameOf(current)}
      </span>
      <span className="block truncate text-soft text-xs leading-5 xl:text-sm">
        {isLasting ? (
          'Waiting for the network'
        ) : (
          <>
            {hasTime && <Times />}
            {by && hasTime && ' · '}
            {by}
          </>
        )}
      </span>
    </span>
  );
}

function Times() {
  const time = usePlayer((state) => clock(state.time));
  const duration = usePlayer((state) => clock(state.duration || null));
  // Hidden, since it is part of a button's name, which would change every second.
  return <span aria-hidden className="tabular-nums">{`${time} / ${duration}`}</span>;
}
