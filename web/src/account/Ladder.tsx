/** Which rung each stretch of a listening came at: it begins low, climbs, falls where the network does, climbs again. */
const RUNGS = [1, 1, 2, 3, 4, 4, 4, 4, 3, 2, 1, 1, 2, 3, 4, 4, 4, 4];
const STEPS = [1, 2, 3, 4] as const;
const [WIDTH, GAP, HEIGHT] = [18, 8, 26];

/** Renditions over time, as a picture: every column is a stretch of time, every step a rung. */
export function Ladder() {
  return (
    <svg
      viewBox={`0 0 ${RUNGS.length * (WIDTH + GAP) - GAP} ${STEPS.length * (HEIGHT + GAP) - GAP}`}
      className="w-full max-w-3xl text-accent"
      fill="currentColor"
      aria-hidden="true"
    >
      {RUNGS.flatMap((rung, column) =>
        STEPS.map((step) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the columns never change.
            key={`${column}-${step}`}
            x={column * (WIDTH + GAP)}
            y={(STEPS.length - step) * (HEIGHT + GAP)}
            width={WIDTH}
            height={HEIGHT}
            rx={4}
            opacity={step === rung ? 1 : step < rung ? 0.45 : 0.12}
          />
        )),
      )}
    </svg>
  );
}
