import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
} from 'react';
import type { Upload } from '../api/client';

interface Focused {
  id: string;
  control: string;
  index: number;
}

/** Its menu, if it has not this control. */
export function focusControl(list: HTMLElement | null, id: string, control: string): void {
  const row = list?.querySelector(`[data-row="${CSS.escape(id)}"]`);
  const target =
    row?.querySelector<HTMLElement>(`[data-control="${control}"]`) ??
    row?.querySelector<HTMLElement>('[data-control="menu"]');
  target?.focus({ preventScroll: true });
}

/** Moves the focus up and down between rows, and keeps it when rows come and go. */
export function useRowFocus(
  list: RefObject<HTMLElement | null>,
  rows: readonly Upload[],
  show: RefObject<(index: number) => void>,
) {
  const focused = useRef<Focused | undefined>(undefined);

  // The row may have moved, or be gone: then the one that took its place is next.
  useLayoutEffect(() => {
    const before = focused.current;
    if (!before) return;
    const index = rows.findIndex(({ id }) => id === before.id);
    if (index >= 0) {
      before.index = index;
      return;
    }
    const heir = rows[Math.min(before.index, rows.length - 1)];
    const wasTaken = document.activeElement === document.body || document.activeElement === null;
    focused.current = undefined;
    if (!wasTaken) return;
    if (heir) focusControl(list.current, heir.id, before.control);
    else document.getElementById('main')?.focus({ preventScroll: true });
  }, [rows, list]);

  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const onFocus = useCallback((event: FocusEvent) => {
    const control = event.target.getAttribute('data-control');
    const row = event.target.closest('[data-row]');
    const id = row?.getAttribute('data-row');
    if (!row || !id || !control) return;
    focused.current = { id, control, index: Number(row.getAttribute('aria-posinset')) - 1 };
  }, []);

  const onBlur = useCallback((event: FocusEvent) => {
    // Without a next one, its row was taken away, or the window is left for a while.
    const next = event.relatedTarget;
    if (next instanceof Node && !event.currentTarget.contains(next)) focused.current = undefined;
  }, []);

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const at = focused.current;
      if (!steps || !at || event.altKey || event.ctrlKey || event.metaKey) return;
      const index = at.index + steps;
      const row = rows[index];
      if (!row) return;
      event.preventDefault();
      show.current(index);
      const { control } = at;
      cancelAnimationFrame(frame.current);
      // Once it is there.
      frame.current = requestAnimationFrame(() => focusControl(list.current, row.id, control));
    },
    [rows, show, list],
  );

  return { focused, onFocus, onBlur, onKeyDown };
}
