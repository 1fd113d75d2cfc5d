import { ListMusic, X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { IconButton } from '../ui/Button';
import { QueueList } from './QueueList';

/** Opens above its button; the page behind it goes on working. */
export function QueuePanel({ className = '' }: { className?: string }) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label="Queue" className={className}>
          <ListMusic size={20} aria-hidden />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="end"
          sideOffset={18}
          collisionPadding={12}
          aria-label="Queue"
          className="z-40 flex max-h-[min(32rem,70dvh)] w-96 max-w-[calc(100vw-1.5rem)] flex-col rounded-card border border-line bg-raised shadow-float"
        >
          <div className="flex items-center justify-between border-line border-b py-1.5 pr-2 pl-4">
            <h2 className="font-semibold text-lg">Next</h2>
            <Popover.Close asChild>
              <IconButton label="Close">
                <X size={18} aria-hidden />
              </IconButton>
            </Popover.Close>
          </div>
          <div className="overflow-y-auto p-1.5">
            <QueueList />
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
