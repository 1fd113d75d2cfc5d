import type { ReactNode } from 'react';

interface Props {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Whether to say it at once to those who do not see it. */
  isAlert?: boolean;
  /** Whether there is nothing else on the page. */
  isPage?: boolean;
}

/** What stands where nothing else can: nothing there yet, nothing found, an error. Says what to do next. */
export function Notice({ title, children, action, isAlert = false, isPage = false }: Props) {
  const Title = isPage ? 'h1' : 'h2';
  return (
    <div role={isAlert ? 'alert' : undefined} className="mx-auto max-w-md px-4 py-16 text-center">
      <Title className="font-semibold text-2xl">{title}</Title>
      {children && <div className="mt-2 text-soft">{children}</div>}
      {action && <div className="mt-6 flex justify-center gap-3">{action}</div>}
    </div>
  );
}
