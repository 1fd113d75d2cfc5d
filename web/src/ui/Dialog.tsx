import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { IconButton } from './Button';

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** Said to screen readers when it opens; shown under the title. */
  description?: ReactNode;
  children: ReactNode;
}

export function Dialog({ isOpen, onClose, title, description, children }: Props) {
  const before = useRef<Element | null>(null);
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={(event) => {
            before.current = document.activeElement;
            // What is to be filled in, rather than the button that closes.
            const field =
              event.target instanceof Element && event.target.querySelector<HTMLElement>('input:not([hidden])');
            if (!field) return;
            event.preventDefault();
            field.focus();
          }}
          // Radix gives the focus back to a trigger of its own, of which there is none here.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus();
          }}
          className="-translate-x-1/2 -translate-y-1/2 fixed top-1/2 left-1/2 z-50 max-h-[85dvh] w-[min(28rem,calc(100vw-2rem))] overflow-y-auto rounded-card border border-line bg-paper p-6 shadow-float"
        >
          <div className="mb-3 flex items-start justify-between gap-4">
            <Radix.Title className="font-semibold text-xl">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close" className="-mt-2 -mr-2">
                <X size={18} aria-hidden />
              </IconButton>
            </Radix.Close>
          </div>
          {description && <Radix.Description className="mb-4 text-soft text-sm">{description}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
