import { useSyncExternalStore } from 'react';

/** Which rows are chosen, and from where a range would go. Never changed in place. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** The row that was pressed last. */
  readonly anchor: string | undefined;
}

export const NONE: Selection = { ids: new Set(), anchor: undefined };

export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/** All from the anchor to this one get what this one is to have: the way of lists everywhere. */
export function extended(selection: Selection, order: readonly string[], id: string): Selection {
  const { ids, anchor } = selection;
  const [from, to] = [anchor === undefined ? -1 : order.indexOf(anchor), order.indexOf(id)];
  if (from < 0 || to < 0) return toggled(selection, id);
  const next = new Set(ids);
  const isChosen = !ids.has(id);
  for (const each of order.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (isChosen) next.add(each);
    else next.delete(each);
  }
  return { ids: next, anchor: id };
}

/** Without what is not listed any more. */
export function kept(selection: Selection, order: readonly string[]): Selection {
  const listed = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => listed.has(id)));
  return ids.size === selection.ids.size ? selection : { ...selection, ids };
}

let current: Selection = NONE;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The selection of the library that is shown. */
export const selection = {
  get: () => current,
  set: (next: Selection) => {
    if (next === current) return;
    current = next;
    for (const listener of listeners) listener();
  },
  clear: () => selection.set(current.ids.size === 0 ? current : NONE),
};

export function useSelection(): Selection {
  return useSyncExternalStore(subscribe, selection.get);
}

/** Drawn anew only if this one changes. */
export function useIsSelected(id: string): boolean {
  return useSyncExternalStore(subscribe, () => current.ids.has(id));
}
