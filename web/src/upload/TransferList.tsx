import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { TransferRow } from './TransferRow';
import type { Transfer, TransferState } from './transfer';

/** What wants to be seen comes first; then in the order of sending. */
const ranks: Record<TransferState, number> = {
  unfinished: 0,
  failed: 1,
  sending: 2,
  finishing: 2,
  offline: 2,
  paused: 3,
  waiting: 4,
  sent: 5,
};
const RANKS = 6;
const ROW_HEIGHT = 64;

/** As many rows as are seen, of however many there are. */
export function TransferList({ transfers, onLeave }: { transfers: readonly Transfer[]; onLeave: () => void }) {
  const rows = useMemo(() => inOrder(transfers), [transfers]);
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 4,
  });
  return (
    <section
      ref={box}
      aria-label="Files"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: where all is sent no row has a button, and it scrolls by keyboard
      tabIndex={0}
      className="max-h-[min(22rem,40dvh)] overflow-y-auto overscroll-contain"
    >
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const transfer = rows[index];
          return (
            transfer && (
              <li
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                aria-setsize={rows.length}
                aria-posinset={index + 1}
                className="absolute inset-x-0 top-0 border-line [&+li]:border-t"
                style={{ transform: `translateY(${start}px)` }}
              >
                <TransferRow transfer={transfer} onLeave={onLeave} />
              </li>
            )
          );
        })}
      </ul>
    </section>
  );
}

/** In one pass, since there may be thousands, several times a second. */
function inOrder(transfers: readonly Transfer[]): Transfer[] {
  const buckets: Transfer[][] = Array.from({ length: RANKS }, () => []);
  for (const transfer of transfers) buckets[ranks[transfer.state]]?.push(transfer);
  return buckets.flat();
}
