import { X } from 'lucide-react';
import { Toast } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { Button, IconButton } from './Button';

interface Notice {
  id: number;
  text: string;
  tone: 'plain' | 'danger';
  action?: { label: string; run: () => void };
  milliseconds: number;
}

/** More would hide the page. */
const MOST = 3;
let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

/** Says something in passing; returns how to take it back. */
export function toast(
  text: string,
  options: { tone?: Notice['tone']; action?: Notice['action']; milliseconds?: number } = {},
): () => void {
  lastId += 1;
  const { tone = 'plain', action, milliseconds = 6000 } = options;
  const notice: Notice = { id: lastId, text, tone, milliseconds, ...(action ? { action } : {}) };
  set([...notices.slice(1 - MOST), notice]);
  return () => drop(notice.id);
}

function drop(id: number): void {
  set(notices.filter((notice) => notice.id !== id));
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <Toast.Provider label="Notice">
      {shown.map((notice) => (
        <Toast.Root
          key={notice.id}
          duration={notice.milliseconds}
          type={notice.action || notice.tone === 'danger' ? 'foreground' : 'background'}
          onOpenChange={(open) => !open && drop(notice.id)}
          className={`flex items-center gap-2 rounded-2xl border py-2 pr-2 pl-4 shadow-float ${
            notice.tone === 'danger' ? 'border-danger bg-danger-tint text-ink' : 'border-line bg-raised text-ink'
          }`}
        >
          <Toast.Description className="grow text-sm">{notice.text}</Toast.Description>
          {notice.action && (
            <Toast.Action asChild altText={notice.action.label}>
              <Button look="quiet" className="text-accent" onClick={notice.action.run}>
                {notice.action.label}
              </Button>
            </Toast.Action>
          )}
          <Toast.Close asChild>
            <IconButton label="Dismiss">
              <X size={16} aria-hidden />
            </IconButton>
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed inset-x-4 bottom-[calc(var(--dock-height,0px)+var(--tray-height,0px)+1rem)] z-[60] mx-auto flex max-w-md flex-col gap-2 sm:left-auto sm:mr-0" />
    </Toast.Provider>
  );
}
