import type { ComponentProps } from 'react';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const looks: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:opacity-90',
  plain: 'border border-line bg-raised text-ink hover:bg-sunken',
  quiet: 'text-ink hover:bg-sunken',
  danger: 'bg-danger text-paper hover:opacity-90',
};

interface Props extends ComponentProps<'button'> {
  look?: Look;
  /** Something is under way: it cannot be pressed again, and stays as wide as it was. */
  isBusy?: boolean;
}

export function Button({ look = 'plain', isBusy = false, className = '', onClick, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      // Not `disabled`, which would take the focus away from whoever has just pressed it.
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
      className={`inline-flex min-h-10 items-center justify-center gap-2 rounded-full px-4 font-medium text-sm transition disabled:opacity-55 aria-disabled:opacity-55 ${looks[look]} ${className}`}
    >
      {children}
    </button>
  );
}

interface IconProps extends ComponentProps<'button'> {
  /** What it does: its name for everybody who does not see the picture, and its tooltip. */
  label: string;
}

export function IconButton({ label, className = '', ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-grid size-10 shrink-0 place-items-center rounded-full text-ink transition hover:bg-sunken disabled:opacity-40 ${className}`}
    />
  );
}
