interface Props {
  /** How many rungs there are. */
  count: number;
  /** How many of them are lit: up to the one in use. 0: it is not known. */
  lit: number;
  className?: string;
}

/** More would not be told apart. */
const MOST = 6;
const [WIDTH, STEP, HEIGHT] = [4, 6, 20];
/** The lowest and the highest, as in the wordmark. */
const [LOW, HIGH] = [7, HEIGHT];

/** Rungs that rise, as in the wordmark, lit up to the one that is heard. */
export function RungBars({ count, lit, className = '' }: Props) {
  const bars = Math.min(Math.max(count, 2), MOST);
  return (
    <svg
      viewBox={`0 0 ${(bars - 1) * STEP + WIDTH} ${HEIGHT}`}
      className={className}
      fill="currentColor"
      aria-hidden="true"
    >
      {Array.from({ length: bars }, (_, index) => {
        const height = LOW + ((HIGH - LOW) * index) / (bars - 1);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place.
            key={index}
            x={index * STEP}
            y={HEIGHT - height}
            width={WIDTH}
            height={height}
            rx={1.5}
            className={`transition-opacity duration-500 ${index < lit ? 'text-accent' : 'text-ink opacity-20'}`}
          />
        );
      })}
    </svg>
  );
}
