import { ChevronDown } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { byLine, nameOf } from '../library/words';
import { Button, IconButton } from '../ui/Button';
import { player } from './player';
import { QualityMenu } from './QualityMenu';
import { QueueList } from './QueueList';
import { RungBars } from './RungBars';
import { Elapsed, SeekBar, Total } from './SeekBar';
import { SpeedMenu } from './SpeedMenu';
import { NextButton, PlayButton, PreviousButton, RepeatButton, ShuffleButton } from './Transport';
import { useCurrent } from './useCurrent';
import { useRungs } from './useRungs';
import { VolumeControl } from './VolumeControl';

interface Props {
  isOpen: boolean;
  onClose: () => void;
}

/** Everything that has no room in a narrow dock. */
export function NowPlaying({ isOpen, onClose }: Props) {
  const current = useCurrent();
  const { count, lit } = useRungs();
  if (!current) return null;
  const stop = () => {
    onClose();
    player.stop();
  };
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 bottom-0 z-50 mx-auto max-h-[94dvh] max-w-xl overflow-y-auto rounded-t-3xl border-line border-t bg-paper pb-[max(1rem,env(safe-area-inset-bottom))] shadow-float transition-transform duration-300 starting:translate-y-full"
        >
          <div className="sticky top-0 z-10 flex items-center justify-between bg-paper py-2 pr-2 pl-5">
            <span className="font-medium text-soft text-sm">Now playing</span>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <ChevronDown size={22} aria-hidden />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className="px-5">
            <div className="grid h-40 place-items-center rounded-card bg-tint">
              <RungBars count={count} lit={lit} className="h-24 w-auto" />
            </div>
            <Dialog.Title className="mt-5 line-clamp-2 font-bold text-2xl leading-7">{nameOf(current)}</Dialog.Title>
            <p className="mt-1 min-h-6 truncate text-soft">{byLine(current)}</p>
            <SeekBar className="mt-3" />
            <div className="flex justify-between font-medium text-soft text-xs tabular-nums">
              <Elapsed />
              <Total />
            </div>
            <div className="mt-2 flex items-center justify-between">
              <ShuffleButton />
              <PreviousButton />
              <PlayButton isLarge />
              <NextButton />
              <RepeatButton />
            </div>
            <VolumeControl className="mt-5" />
            <div className="mt-3 flex items-center justify-between gap-2">
              <QualityMenu className="min-w-0" />
              <SpeedMenu />
            </div>
            <h2 className="mt-6 mb-1 font-semibold text-lg">Next</h2>
          </div>
          <div className="px-2">
            <QueueList />
          </div>
          <div className="mt-2 px-5">
            <Button className="w-full" onClick={stop}>
              Stop and close the player
            </Button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
