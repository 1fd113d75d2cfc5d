import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import type { Upload } from '../api/client';
import { deleteUploads } from './deleting';
import { selection, useSelection } from './selection';
import { type RowActions, UploadRow } from './UploadRow';
import { useListWindow } from './useListWindow';
import { useRowFocus } from './useRowFocus';

/** So many rows before the end the next page is asked for. */
const EARLY = 120;

export interface WindowProps {
  rows: readonly Upload[];
  /** What the rows are of. */
  subject: string;
  /** Whether there are rows beyond these. */
  hasMore: boolean;
  onNearEnd: () => void;
  onQueuedVisible: (isAny: boolean) => void;
}

interface Props extends WindowProps {
  list: RefObject<HTMLUListElement | null>;
  /** Of the row whose menu is open; -1: none. */
  menuIndex: number;
  actions: RowActions;
}

/** The rows that are in the window. Drawn anew whenever that is scrolled: so nothing else is in here. */
export function RowWindow({ list, rows, subject, hasMore, onNearEnd, onQueuedVisible, menuIndex, actions }: Props) {
  const isSelecting = useSelection().ids.size > 0;
  const show = useRef((_index: number) => {});
  const { focused, onFocus, onBlur, onKeyDown } = useRowFocus(list, rows, show);
  const keep = () => [focused.current?.index ?? -1, menuIndex];
  const { virtual, height, scrollMargin } = useListWindow({ list, rows, subject, keep });
  show.current = (index) => virtual.scrollToIndex(index, { align: 'auto' });

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - Math.min(EARLY, rows.length / 2)) onNearEnd();
  }, [last, rows.length, onNearEnd]);
  const isAnyQueued = items.some(({ index }) => rows[index]?.state === 'queued');
  useEffect(() => onQueuedVisible(isAnyQueued), [isAnyQueued, onQueuedVisible]);

  return (
    <ul
      ref={list}
      // biome-ignore lint/a11y/noRedundantRoles: without bullets, Safari does not take it for a list.
      role="list"
      aria-label="Uploads"
      data-selecting={isSelecting || undefined}
      // The place is kept by hand: see useListWindow. What has the focus is not to be below the bars at top and bottom.
      className="group/list relative [overflow-anchor:none] [&_:is(button,input)]:scroll-mt-40 [&_:is(button,input)]:scroll-mb-[calc(var(--dock-height,0px)+4rem)]"
      style={{ height: virtual.getTotalSize() }}
      onFocus={onFocus}
      onBlur={onBlur}
      onKeyDown={(event) => {
        onKeyDown(event);
        atKey(event, rows, focused.current?.id);
      }}
    >
      {items.map(({ index, key, start }) => {
        const upload = rows[index];
        return (
          upload && (
            <UploadRow
              key={key}
              upload={upload}
              index={index}
              total={hasMore ? -1 : rows.length}
              top={start - scrollMargin}
              height={height}
              isMenuOpen={index === menuIndex}
              actions={actions}
            />
          )
        );
      })}
    </ul>
  );
}

/** Of somebody whose focus is on a row. */
function atKey(event: KeyboardEvent, rows: readonly Upload[], focusedId: string | undefined): void {
  const { ids } = selection.get();
  if (event.key === 'Escape' && ids.size > 0) {
    selection.clear();
  } else if (event.key === 'Delete') {
    deleteUploads(rows.filter(({ id }) => (ids.size > 0 ? ids.has(id) : id === focusedId)));
    selection.clear();
  } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
    selection.set({ ids: new Set(rows.map(({ id }) => id)), anchor: undefined });
  } else {
    return;
  }
  event.preventDefault();
}
