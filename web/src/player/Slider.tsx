import { type ComponentProps, type PointerEvent, type ReactNode, useEffect, useRef } from 'react';
import type { Range } from './state';

interface Props extends Omit<ComponentProps<'input'>, 'type' | 'value' | 'onChange' | 'max' | 'children'> {
  label: string;
  value: number;
  max: number;
  /** While it moves. */
  onSlide: (value: number) => void;
  /** When it is let go of. */
  onSettle?: (value: number) => void;
  /** Drawn behind what is filled, in the units of `value`. */
  ranges?: readonly Range[];
  /** `edge`: from side to side of whatever it stands in, with a handle only for those who reach for it. */
  look?: 'plain' | 'edge';
  onHover?: (event: PointerEvent<HTMLElement>) => void;
  onLeave?: () => void;
  children?: ReactNode;
}

const NONE: readonly Range[] = [];

/**
 * A native range, so that every way to move one works; it is only not seen, and what is seen is drawn behind it. Its
 * handle has no width, so that a pixel is the same share of the whole everywhere.
 */
export function Slider({
  label,
  value,
  max,
  onSlide,
  onSettle,
  ranges = NONE,
  look = 'plain',
  onHover,
  onLeave,
  className = '',
  children,
  ...rest
}: Props) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // React's `onChange` is the event `input`. The one named `change` tells the end of a movement, whatever made it.
    const element = input.current;
    const settle = () => element && onSettle?.(element.valueAsNumber);
    element?.addEventListener('change', settle);
    return () => element?.removeEventListener('change', settle);
  }, [onSettle]);
  const share = (of: number) => (max > 0 ? `${Math.min(Math.max(of / max, 0), 1) * 100}%` : '0%');
  const round = look === 'edge' ? '' : 'rounded-full';
  return (
    <div
      className={`group/slider relative flex h-6 items-center ${className}`}
      onPointerMove={onHover}
      onPointerLeave={onLeave}
    >
      <div
        className={`relative w-full overflow-hidden bg-line transition-[height] ${round} ${look === 'edge' ? 'h-1 group-hover/slider:h-1.5' : 'h-1.5'}`}
      >
        {ranges.map(({ start, end }) => (
          <div
            key={start}
            className="absolute inset-y-0 bg-soft opacity-50"
            style={{ left: share(start), width: share(end - start) }}
          />
        ))}
        <div className="absolute inset-y-0 left-0 bg-accent" style={{ width: share(value) }} />
      </div>
      <input
        {...rest}
        ref={input}
        type="range"
        aria-label={label}
        min={0}
        max={max || 1}
        step="any"
        value={Math.min(value, max || 1)}
        onChange={(event) => onSlide(event.target.valueAsNumber)}
        className="peer absolute inset-0 m-0 h-full w-full cursor-pointer appearance-none opacity-0 [&::-moz-range-thumb]:w-0 [&::-webkit-slider-thumb]:w-0 [&::-webkit-slider-thumb]:appearance-none"
      />
      <div
        className={`-translate-x-1/2 pointer-events-none absolute size-3.5 rounded-full border-2 border-raised bg-accent outline-accent transition-[opacity,scale] peer-focus-visible:scale-110 peer-focus-visible:opacity-100 peer-focus-visible:outline-[2.5px] peer-focus-visible:outline-offset-2 group-hover/slider:opacity-100 ${look === 'edge' ? 'opacity-0' : ''}`}
        style={{ left: share(value) }}
      />
      {children}
    </div>
  );
}
