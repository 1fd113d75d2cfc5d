import { Keyboard, X } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { nameOf } from '../library/words';
import { Button, IconButton } from '../ui/Button';
import { followMediaSession } from './mediaSession';
import { NowPlaying } from './NowPlaying';
import { player, usePlayer } from './player';
import { QualityMenu } from './QualityMenu';
import { QueuePanel } from './QueuePanel';
import { Elapsed, SeekBar, Total } from './SeekBar';
import { ShortcutsSheet } from './ShortcutsSheet';
import { SpeedMenu } from './SpeedMenu';
import { Title, TitleButton } from './Title';
import { NextButton, PlayButton, PreviousButton, RepeatButton, ShuffleButton } from './Transport';
import { useDockHeight } from './useDockHeight';
import { useShortcuts } from './useShortcuts';
import { VolumeControl } from './VolumeControl';

/** At the bottom of every page, as soon as something is played. */
export function PlayerDock() {
  const dock = useRef<HTMLElement>(null);
  const isShown = usePlayer((state) => state.current !== null);
  const status = usePlayer((state) => state.status);
  const rung = usePlayer((state) => state.rung);
  const mode = usePlayer((state) => state.mode);
  const [opened, setOpened] = useState<'player' | 'shortcuts' | null>(null);
  const close = useCallback(() => setOpened(null), []);
  const help = useCallback(() => setOpened('shortcuts'), []);
  useDockHeight(dock, isShown);
  useShortcuts(dock, help);
  useEffect(() => followMediaSession(player), []);

  return (
    <>
      {isShown && (
        <section
          ref={dock}
          aria-label="Player"
          data-state={status}
          data-rung={rung ?? undefined}
          data-mode={mode ?? undefined}
          className="fixed inset-x-0 bottom-0 z-30 border-line border-t bg-raised pb-[env(safe-area-inset-bottom)] shadow-[0_-8px_30px_rgb(0_0_0/0.07)]"
        >
          <SeekBar look="edge" className="absolute! inset-x-0 -top-3" />
          <Failed />
          <div className="mx-auto grid h-17 max-w-[100rem] grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-3 sm:px-6 lg:grid-cols-[minmax(0,1fr)_auto_auto] lg:gap-x-6 xl:h-20 xl:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)]">
            <div className="min-w-0 max-lg:hidden">
              <Title />
            </div>
            <div className="min-w-0 lg:hidden">
              <TitleButton onOpen={() => setOpened('player')} />
            </div>
            <div className="flex items-center gap-0.5 lg:gap-1.5">
              <Figure className="text-right">
                <Elapsed />
              </Figure>
              <span className="max-lg:hidden">
                <ShuffleButton />
              </span>
              <span className="max-sm:hidden">
                <PreviousButton />
              </span>
              <PlayButton />
              <NextButton />
              <span className="max-lg:hidden">
                <RepeatButton />
              </span>
              <Figure className="text-soft">
                <Total />
              </Figure>
            </div>
            <div className="flex min-w-0 items-center justify-end gap-0.5 max-lg:hidden">
              <QualityMenu className="mr-1 min-w-0 xl:shrink-0" />
              <SpeedMenu />
              <VolumeControl className="mr-2 w-34 max-xl:hidden" />
              <QueuePanel />
              <IconButton label="Keyboard shortcuts" onClick={help}>
                <Keyboard size={20} aria-hidden />
              </IconButton>
              <IconButton label="Stop and close the player" onClick={player.stop}>
                <X size={20} aria-hidden />
              </IconButton>
            </div>
          </div>
          <Said />
        </section>
      )}
      <NowPlaying isOpen={isShown && opened === 'player'} onClose={close} />
      <ShortcutsSheet isOpen={opened === 'shortcuts'} onClose={close} />
    </>
  );
}

function Figure({ className, children }: { className: string; children: ReactNode }) {
  return (
    <span className={`w-14 font-display font-medium text-sm tabular-nums max-lg:hidden ${className}`}>{children}</span>
  );
}

function Failed() {
  const failure = usePlayer((state) => state.failure);
  if (!failure) return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center justify-center gap-x-4 gap-y-1 bg-danger-tint px-4 pt-3 pb-2 text-sm"
    >
      <p>{failure.message}</p>
      {failure.kind !== 'gone' && (
        <Button look="plain" onClick={player.again}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** For those who do not see it: what begins, and that it waits. */
function Said() {
  const said = usePlayer(({ status, current }) => {
    if (status === 'waiting') return 'Waiting for data';
    return status === 'playing' && current ? `Playing ${nameOf(current)}` : '';
  });
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  );
}
