import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactNode, useRef, useState } from 'react';

const LANDMARKS = 'header, main, section[aria-label], [role="dialog"]';

interface Props {
  /** A button. */
  trigger: ReactNode;
  children: ReactNode;
  side?: 'top' | 'bottom';
}

export function Menu({ trigger, children, side = 'bottom' }: Props) {
  const place = useRef<HTMLSpanElement>(null);
  const [landmark, setLandmark] = useState<HTMLElement | null>(null);
  // In the part of the page that its button is in, or those who go from part to part would not find it.
  const find = () => setLandmark(place.current?.closest<HTMLElement>(LANDMARKS) ?? null);
  return (
    <DropdownMenu.Root modal={false} onOpenChange={find}>
      <span ref={place} className="contents">
        <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      </span>
      <DropdownMenu.Portal container={landmark}>
        <DropdownMenu.Content
          side={side}
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-48 rounded-2xl border border-line bg-raised p-1.5 text-ink shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const row =
  'flex min-h-10 items-center gap-3 rounded-xl px-3 text-sm outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-sunken';

interface ItemProps {
  onSelect: () => void;
  isDisabled?: boolean;
  isDangerous?: boolean;
  children: ReactNode;
}

export function MenuItem({ onSelect, isDisabled = false, isDangerous = false, children }: ItemProps) {
  return (
    <DropdownMenu.Item
      disabled={isDisabled}
      onSelect={onSelect}
      className={`${row} ${isDangerous ? 'text-danger' : ''}`}
    >
      {children}
    </DropdownMenu.Item>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { value: T; label: ReactNode }[];
  onChoose: (value: T) => void;
}

/** One of several. */
export function MenuChoice<T extends string>({ label, value, choices, onChoose }: ChoiceProps<T>) {
  return (
    <DropdownMenu.RadioGroup aria-label={label} value={value} onValueChange={(chosen) => onChoose(chosen as T)}>
      {choices.map((choice) => (
        <DropdownMenu.RadioItem key={choice.value} value={choice.value} className={`${row} justify-between`}>
          {choice.label}
          <DropdownMenu.ItemIndicator>
            <Check size={16} className="text-accent" aria-hidden />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-3 pt-2 pb-1 text-soft text-xs">{children}</DropdownMenu.Label>;
}

export function MenuLine() {
  return <DropdownMenu.Separator className="mx-2 my-1.5 h-px bg-line" />;
}
