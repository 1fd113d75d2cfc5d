import { X } from 'lucide-react';
import { IconButton } from '../ui/Button';
import type { Told } from './refusals';
import { transfers } from './transfers';

/** What of a drop was not taken, and why: all of it at once. */
export function RefusalNotice({ refusals }: { refusals: readonly Told[] }) {
  return (
    <div role="alert" data-testid="refusals" className="flex items-start gap-2 bg-danger-tint py-2 pr-2 pl-4">
      <div className="max-h-48 min-w-0 grow space-y-2 overflow-y-auto py-1.5">
        {refusals.map(({ reason, files, why }) => (
          <p key={reason} className="break-words text-sm">
            <strong className="font-semibold">{files}</strong>
            <br />
            {why}
          </p>
        ))}
      </div>
      <IconButton label="Dismiss" onClick={transfers.dismissRefusals}>
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  );
}
