import { useMemo, useRef, useState } from 'react';
import type { Upload } from '../api/client';
import { retry } from './actions';
import { FailureDialog } from './FailureDialog';
import { playOf } from './playing';
import { RenameDialog } from './RenameDialog';
import { RowMenu } from './RowMenu';
import { RowWindow, type WindowProps } from './RowWindow';
import { extended, selection, toggled } from './selection';
import type { RowActions } from './UploadRow';
import { focusControl } from './useRowFocus';
import { useRowHeight } from './useRowHeight';

/** The rows, with the menu and the dialogs that belong to whichever row they were opened for. */
export function LibraryList(props: WindowProps) {
  const { rows } = props;
  const list = useRef<HTMLUListElement>(null);
  const height = useRowHeight();
  const latest = useRef(rows);
  latest.current = rows;
  const [menuOf, setMenuOf] = useState<string>();
  const [renamed, setRenamed] = useState<Upload>();
  const [explained, setExplained] = useState<Upload>();
  const menuIndex = menuOf === undefined ? -1 : rows.findIndex(({ id }) => id === menuOf);

  const actions = useMemo<RowActions>(() => {
    const find = (id: string) => latest.current.find((upload) => upload.id === id);
    return {
      play: (id) => playOf(latest.current, id),
      select: (id, isRange) => {
        const order = () => latest.current.map((upload) => upload.id);
        selection.set(isRange ? extended(selection.get(), order(), id) : toggled(selection.get(), id));
      },
      openMenu: (id) => setMenuOf((before) => (before === id ? undefined : id)),
      explain: (id) => setExplained(find(id)),
      retry: (id) => {
        const upload = find(id);
        if (upload) void retry([upload]);
      },
    };
  }, []);

  return (
    <div className="relative">
      <RowWindow {...props} list={list} menuIndex={menuIndex} actions={actions} />
      <RowMenu
        upload={rows[menuIndex]}
        top={menuIndex * height}
        height={height}
        onClose={() => setMenuOf(undefined)}
        onRename={setRenamed}
        onExplain={setExplained}
        focusRow={(id) => focusControl(list.current, id, 'menu')}
      />
      <RenameDialog upload={renamed} onClose={() => setRenamed(undefined)} />
      <FailureDialog upload={explained} onClose={() => setExplained(undefined)} />
    </div>
  );
}
