import { useQuery } from '@tanstack/react-query';
import { asProblem } from '../api/problem';
import { settingsQuery } from '../api/settings';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { useRowHeight } from './useRowHeight';

/** As many rows as the first look takes, each as high as it will be. */
export function Skeleton({ rows }: { rows: number }) {
  const height = useRowHeight();
  const widths = ['w-3/5', 'w-2/5', 'w-1/2', 'w-1/3'];
  return (
    <div aria-hidden className="animate-pulse">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <div key={index} style={{ height }} className="flex items-center gap-3 border-line border-b px-1 sm:px-2">
          <span className="size-10 shrink-0 max-sm:hidden" />
          <span className="size-10 shrink-0 rounded-full bg-sunken" />
          <span className="grow">
            <span className={`block h-3.5 rounded-full bg-sunken ${widths[index % widths.length]}`} />
            <span className="mt-2 block h-3 w-1/4 rounded-full bg-sunken" />
          </span>
        </div>
      ))}
    </div>
  );
}

/** The first visit. */
export function NothingYet() {
  const { data } = useQuery(settingsQuery);
  return (
    <div className="mt-4 rounded-[28px] border-2 border-line border-dashed">
      <Notice title="Drop your audio anywhere on this page">
        <p>Or press Upload. Whatever you bring is made ready to be streamed, and stays yours.</p>
        {data && <p className="mt-4 text-sm">{formats(data.source_types)}</p>}
      </Notice>
    </div>
  );
}

function formats(types: readonly string[]): string {
  return `Segue takes ${new Intl.ListFormat('en-GB').format(types.map((type) => type.toUpperCase()))}.`;
}

export function NothingFound({ what, onClear }: { what: string; onClear: () => void }) {
  return (
    <Notice title="Nothing found" action={<Button onClick={onClear}>Show all uploads</Button>}>
      {what}
    </Notice>
  );
}

/** The browser knows, so nothing was asked for. It will be by itself. */
export function Offline() {
  return <Notice title="You are offline">Your library is shown as soon as there is a connection.</Notice>;
}

interface ErrorProps {
  error: unknown;
  isBusy: boolean;
  onRetry: () => void;
}

export function CannotBeShown({ error, isBusy, onRetry }: ErrorProps) {
  const problem = asProblem(error);
  return (
    <Notice
      isAlert
      title="Your library cannot be shown"
      action={
        <Button look="primary" isBusy={isBusy} onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {problem.message}
      {problem.requestId && <p className="mt-2 text-xs">Request {problem.requestId}</p>}
    </Notice>
  );
}

/** The rows before it are there, the next ones are not. */
export function NoMore({ error, isBusy, onRetry }: ErrorProps) {
  return (
    <div role="alert" className="flex flex-wrap items-center justify-center gap-3 py-6 text-soft text-sm">
      The next rows could not be loaded. {asProblem(error).message}
      <Button isBusy={isBusy} onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
