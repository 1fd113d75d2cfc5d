import { Check, CircleAlert, FileAudio, Pause, Play, RotateCw, X } from 'lucide-react';
import { IconButton } from '../ui/Button';
import { ProgressBar } from './ProgressBar';
import type { Transfer } from './transfer';
import { transfers } from './transfers';
import { percent, stateInWords } from './words';

/** One file of the tray. */
export function TransferRow({ transfer }: { transfer: Transfer }) {
  const { filename, state, sent, size } = transfer;
  const hasBar = state === 'sending' || state === 'finishing' || state === 'paused' || state === 'offline';
  const isFailed = state === 'failed';
  return (
    <div data-transfer-state={state} data-transfer-name={filename} className="flex items-center gap-3 py-1.5 pr-2 pl-4">
      <StateIcon state={state} />
      <div className="min-w-0 grow py-1">
        <p className="truncate font-medium text-sm" title={filename}>
          {filename}
        </p>
        {hasBar && (
          <ProgressBar
            label={filename}
            percent={percent(sent, size)}
            text={stateInWords(transfer)}
            tone={state === 'sending' || state === 'finishing' ? 'accent' : 'soft'}
            className="my-1"
          />
        )}
        <p className={`text-xs ${isFailed ? 'text-danger' : 'truncate text-soft'}`}>{stateInWords(transfer)}</p>
      </div>
      <Actions transfer={transfer} />
    </div>
  );
}

function StateIcon({ state }: Pick<Transfer, 'state'>) {
  const look = 'shrink-0';
  if (state === 'sent') return <Check size={18} className={`${look} text-accent`} aria-hidden />;
  if (state === 'failed') return <CircleAlert size={18} className={`${look} text-danger`} aria-hidden />;
  return <FileAudio size={18} className={`${look} text-soft`} aria-hidden />;
}

function Actions({ transfer: { key, filename, state, canRetry } }: { transfer: Transfer }) {
  const canPause = state === 'waiting' || state === 'sending' || state === 'offline';
  return (
    <div className="flex shrink-0">
      {canPause && (
        <IconButton label={`Pause ${filename}`} onClick={() => transfers.pause(key)}>
          <Pause size={16} aria-hidden />
        </IconButton>
      )}
      {state === 'paused' && (
        <IconButton label={`Resume ${filename}`} onClick={() => transfers.resume(key)}>
          <Play size={16} aria-hidden />
        </IconButton>
      )}
      {state === 'failed' && canRetry && (
        <IconButton label={`Try ${filename} again`} onClick={() => transfers.resume(key)}>
          <RotateCw size={16} aria-hidden />
        </IconButton>
      )}
      {state !== 'finishing' && state !== 'sent' && (
        <IconButton
          label={`${state === 'unfinished' ? 'Discard' : 'Cancel'} ${filename}`}
          onClick={() => transfers.cancel(key)}
        >
          <X size={16} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
