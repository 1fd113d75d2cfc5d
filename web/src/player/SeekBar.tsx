import { type KeyboardEvent, type PointerEvent, useCallback, useState } from 'react';
import { clock, spokenTime } from '../ui/format';
import { player, usePlayer } from './player';
import { Slider } from './Slider';

/** By key, in seconds. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -5,
  ArrowDown: -5,
  ArrowRight: 5,
  ArrowUp: 5,
  PageDown: -30,
  PageUp: 30,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

interface Props {
  look?: 'plain' | 'edge';
  className?: string;
}

/** Where it is, and where it may go. While it is dragged the sound goes on; it moves when the handle is let go. */
export function SeekBar({ look = 'plain', className = '' }: Props) {
  const time = usePlayer((state) => state.time);
  const duration = usePlayer((state) => state.duration);
  const buffered = usePlayer((state) => state.buffered);
  const [dragged, setDragged] = useState<number | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const shown = dragged ?? time;

  const onHover = (event: PointerEvent<HTMLElement>) => {
    // A finger hides what it points at, and never only hovers.
    if (event.pointerType !== 'mouse') return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setHovered(Math.min(Math.max((event.clientX - left) / width, 0), 1));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    // Not to the very end, where it would be over.
    player.seek(Math.min(Math.max(time + step, 0), Math.max(duration - 1, 0)));
  };
  const onSettle = useCallback((seconds: number) => {
    player.seek(seconds);
    setDragged(null);
  }, []);

  return (
    <Slider
      label="Position"
      aria-valuetext={`${spokenTime(shown)} of ${spokenTime(duration)}`}
      value={shown}
      max={duration}
      disabled={duration === 0}
      ranges={buffered}
      look={look}
      onSlide={setDragged}
      onKeyDown={onKeyDown}
      onSettle={onSettle}
      onPointerCancel={() => setDragged(null)}
      onHover={onHover}
      onLeave={() => setHovered(null)}
      className={className}
    >
      {hovered !== null && duration > 0 && (
        <span
          aria-hidden
          className="-translate-x-1/2 pointer-events-none absolute bottom-full rounded-lg bg-ink px-2 py-0.5 font-medium text-paper text-xs tabular-nums shadow-float"
          style={{ left: `clamp(1.5rem, ${hovered * 100}%, calc(100% - 1.5rem))` }}
        >
          {clock(hovered * duration)}
        </span>
      )}
    </Slider>
  );
}

/** `1:02`. */
export function Elapsed() {
  return <>{usePlayer(({ time }) => clock(time))}</>;
}

/** `4:05`. */
export function Total() {
  return <>{usePlayer(({ duration }) => clock(duration || null))}</>;
}
