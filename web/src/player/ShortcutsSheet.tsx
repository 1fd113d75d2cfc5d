import { Switch } from 'radix-ui';
import { useId } from 'react';
import { Dialog } from '../ui/Dialog';
import { player, usePlayer } from './player';
import { SHORTCUTS } from './shortcuts';

interface Props {
  isOpen: boolean;
  onClose: () => void;
}

export function ShortcutsSheet({ isOpen, onClose }: Props) {
  const hasShortcuts = usePlayer((state) => state.hasShortcuts);
  const label = useId();
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Keyboard shortcuts"
      description="They work on every page, except while you type."
    >
      <dl className={`divide-y divide-line text-sm ${hasShortcuts ? '' : 'opacity-55'}`}>
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={does} className="flex items-center justify-between gap-4 py-2">
            <dt className="order-last flex shrink-0 gap-1.5">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-8 rounded-lg border border-line border-b-2 bg-raised px-2 py-0.5 text-center font-medium font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-4 flex min-h-10 items-center justify-between gap-4 border-line border-t pt-4">
        <span id={label} className="text-sm">
          Use these keys
        </span>
        <Switch.Root
          checked={hasShortcuts}
          onCheckedChange={player.setShortcuts}
          aria-labelledby={label}
          className="h-7 w-12 shrink-0 rounded-full border border-soft bg-sunken p-0.5 transition data-[state=checked]:border-accent data-[state=checked]:bg-accent"
        >
          <Switch.Thumb className="block size-5 rounded-full bg-soft transition data-[state=checked]:translate-x-5 data-[state=checked]:bg-on-accent" />
        </Switch.Root>
      </div>
    </Dialog>
  );
}
