import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { Upload } from '../api/client';
import { useRowHeight } from './useRowHeight';

/** Rows beyond the edges of the window, so that none is missing where somebody scrolls fast. */
const OVERSCAN = 10;

interface Options {
  list: RefObject<HTMLElement | null>;
  rows: readonly Upload[];
  /** What the rows are of: of another thing there is no place to keep. */
  subject: string;
  /** Rows that must not be taken away, because the focus or a menu is there. */
  keep: () => readonly number[];
}

/** The part of the list that is in the window. Where somebody reads stays where it is, whatever comes or goes above. */
export function useListWindow({ list, rows, subject, keep }: Options) {
  const height = useRowHeight();
  const scrollMargin = useTopOf(list);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollMargin,
    // Below the bars that stay at the top.
    scrollPaddingStart: 140,
    scrollPaddingEnd: 120,
    getItemKey: useCallback((index: number) => rows[index]?.id ?? index, [rows]),
    rangeExtractor: (range: Range) => {
      const kept = keep().filter((index) => index >= 0 && index < range.count);
      return [...new Set([...defaultRangeExtractor(range), ...kept])].sort((a, b) => a - b);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the virtualizer stays the same, and asks for sizes only when told.
  useLayoutEffect(() => virtual.measure(), [height]);

  const before = useRef({ rows, subject });
  useLayoutEffect(() => {
    const { rows: old, subject: oldSubject } = before.current;
    before.current = { rows, subject };
    if (old === rows || oldSubject !== subject) return;
    const hidden = window.scrollY - scrollMargin;
    if (hidden <= 0) return;
    const moved = shiftOf(old, rows, Math.floor(hidden / height));
    if (moved !== 0) window.scrollBy({ top: moved * height, behavior: 'instant' });
  }, [rows, subject, scrollMargin, height]);

  return { virtual, height, scrollMargin };
}

/** By how many rows what is read has moved: the row at this index, or the next one that is still there. */
export function shiftOf(before: readonly Upload[], after: readonly Upload[], index: number): number {
  if (before[index] && before[index]?.id === after[index]?.id) return 0;
  const places = new Map(after.map(({ id }, place) => [id, place]));
  for (let at = index; at < before.length; at += 1) {
    const place = places.get(before[at]?.id ?? '');
    if (place !== undefined) return place - index;
  }
  return 0;
}

/** From the top of the page, in pixels. Measured when the page changes its size, and not while it is scrolled. */
function useTopOf(list: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const box = list.current?.getBoundingClientRect();
      if (box) setTop(Math.round(box.top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list]);
  return top;
}
