import { LoaderCircle, Pause, Play, Repeat, Repeat1, RotateCcw, Shuffle, SkipBack, SkipForward } from 'lucide-react';
import { IconButton } from '../ui/Button';
import { player, usePlayer } from './player';
import { hasNext, repeatAfter } from './queue';

export function PlayButton({ isLarge = false }: { isLarge?: boolean }) {
  const status = usePlayer((state) => state.status);
  const isPlaying = usePlayer((state) => state.isPlaying);
  const isHeldUp = status === 'loading' || status === 'waiting';
  const Icon = status === 'failed' ? RotateCcw : isPlaying ? Pause : Play;
  const label = status === 'failed' ? 'Try again' : isPlaying ? 'Pause' : 'Play';
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={player.toggle}
      className={`relative grid shrink-0 place-items-center rounded-full bg-accent text-on-accent transition hover:opacity-90 active:scale-95 ${isLarge ? 'size-16' : 'size-12'}`}
    >
      <Icon
        size={isLarge ? 28 : 22}
        className={`${status === 'failed' ? '' : 'fill-current'} ${Icon === Play ? 'translate-x-px' : ''}`}
        aria-hidden
      />
      {isHeldUp && (
        <LoaderCircle
          aria-hidden
          // The circle in the picture has three quarters of its width.
          className="absolute inset-[-25%] size-[150%] animate-spin text-accent"
          strokeWidth={1}
        />
      )}
    </button>
  );
}

export function PreviousButton() {
  return (
    <IconButton label="Previous" onClick={player.previous}>
      <SkipBack size={20} className="fill-current" aria-hidden />
    </IconButton>
  );
}

export function NextButton() {
  const isThere = usePlayer((state) => hasNext(state.queue));
  return (
    <IconButton label="Next" onClick={player.next} disabled={!isThere}>
      <SkipForward size={20} className="fill-current" aria-hidden />
    </IconButton>
  );
}

export function ShuffleButton() {
  const isShuffled = usePlayer((state) => state.queue.isShuffled);
  return (
    <IconButton
      label="Shuffle"
      aria-pressed={isShuffled}
      onClick={() => player.setShuffled(!isShuffled)}
      className={isShuffled ? switchedOn : 'text-soft!'}
    >
      <Shuffle size={18} aria-hidden />
    </IconButton>
  );
}

const repeatNames = { off: 'Repeat: off', all: 'Repeat: all', one: 'Repeat: this one' };

export function RepeatButton() {
  const repeat = usePlayer((state) => state.queue.repeat);
  const Icon = repeat === 'one' ? Repeat1 : Repeat;
  return (
    <IconButton
      label={repeatNames[repeat]}
      onClick={() => player.setRepeat(repeatAfter(repeat))}
      className={repeat === 'off' ? 'text-soft!' : switchedOn}
    >
      <Icon size={18} aria-hidden />
    </IconButton>
  );
}

/** Not by colour alone: a dot below it. */
const switchedOn =
  'relative bg-tint text-accent! after:absolute after:bottom-1 after:size-1 after:rounded-full after:bg-accent';
