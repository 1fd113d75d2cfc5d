import { useQuery } from '@tanstack/react-query';
import { Upload } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { settingsQuery } from '../api/settings';
import { droppedFiles, hasFiles } from './droppedFiles';
import { transfers } from './transfers';

/** The whole page takes files that are dropped on it, and says so while they are held over it. */
export function DropTarget({ children }: { children: ReactNode }) {
  const isOver = useDrop();
  return (
    <>
      {children}
      {isOver && <Overlay />}
    </>
  );
}

/** Listens to the window, since a file that is dropped beside what listens would take the place of the page. */
function useDrop(): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    // Each element that is entered or left says so; what is over the page has entered more of them than it has left.
    let depth = 0;
    const listening = new AbortController();
    const { signal } = listening;
    const leave = () => {
      depth = 0;
      setOver(false);
    };
    const listen = (name: 'dragenter' | 'dragover' | 'dragleave' | 'drop', act: (event: DragEvent) => void) => {
      const onEvent = (event: DragEvent) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        act(event);
      };
      window.addEventListener(name, onEvent, { signal });
    };
    listen('dragenter', () => {
      depth += 1;
      setOver(true);
    });
    listen('dragover', ({ dataTransfer }) => {
      if (dataTransfer) dataTransfer.dropEffect = 'copy';
    });
    listen('dragleave', () => {
      depth -= 1;
      if (depth <= 0) leave();
    });
    listen('drop', ({ dataTransfer }) => {
      leave();
      if (dataTransfer) void droppedFiles(dataTransfer).then(transfers.add);
    });
    // A drag that ended elsewhere, or was given up, does not always leave.
    window.addEventListener('dragend', leave, { signal });
    window.addEventListener('blur', leave, { signal });
    return () => listening.abort();
  }, []);
  return isOver;
}

function Overlay() {
  const { data: settings } = useQuery(settingsQuery);
  return (
    <div className="pointer-events-none fixed inset-0 z-[70] grid place-items-center bg-paper/85 p-4 backdrop-blur-sm">
      <div className="grid size-full place-items-center rounded-card border-2 border-accent border-dashed bg-tint/60 text-center">
        <div className="p-6">
          <Upload size={40} strokeWidth={1.5} className="mx-auto mb-4 text-accent" aria-hidden />
          <p className="font-display font-semibold text-2xl">Drop to add to your library</p>
          {settings && <p className="mt-2 text-soft">{settings.source_types.join(', ')}</p>}
        </div>
      </div>
    </div>
  );
}
