import { Check, CircleAlert, FileAudio, Pause, Play, RotateCw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../ui/Button';
import { ProgressBar } from './ProgressBar';
import type { Transfer, TransferState } from './transfer';
import { transfers } from './transfers';
import { percent, stateInWords } from './words';

interface Props {
  transfer: Transfer;
  /** It is about to leave the list, and with it what has the focus. */
  onLeave: () => void;
}

/** One file of the tray. */
export function TransferRow({ transfer, onLeave }: Props) {
  const { filename, state, sent, size } = transfer;
  const isMoving = state === 'sending' || state === 'finishing';
  const hasBar = isMoving || state === 'paused' || state === 'offline';
  const words = stateInWords(transfer);
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
            text={words}
            tone={isMoving ? 'accent' : 'soft'}
            className="my-1 h-1.5 rounded-full"
          />
        )}
        <p className={`text-xs ${state === 'failed' ? 'text-danger' : 'truncate text-soft'}`}>{words}</p>
      </div>
      <div className="flex shrink-0">
        <Switch transfer={transfer} />
        {state !== 'finishing' && state !== 'sent' && (
          <IconButton
            label={`${state === 'unfinished' ? 'Discard' : 'Cancel'} ${filename}`}
            onClick={() => {
              onLeave();
              transfers.cancel(transfer.key);
            }}
          >
            <X size={16} aria-hidden />
          </IconButton>
        )}
      </div>
    </div>
  );
}

/** One button, whatever it does, so that it keeps the focus when that changes. */
function Switch({ transfer: { key, filename, state, canRetry } }: { transfer: Transfer }) {
  const faces: Partial<Record<TransferState, { label: string; icon: ReactNode; act: (key: string) => void }>> = {
    paused: { label: `Resume ${filename}`, icon: <Play size={16} aria-hidden />, act: transfers.resume },
    failed: { label: `Try ${filename} again`, icon: <RotateCw size={16} aria-hidden />, act: transfers.resume },
  };
  const pause = { label: `Pause ${filename}`, icon: <Pause size={16} aria-hidden />, act: transfers.pause };
  const canPause = state === 'waiting' || state === 'sending' || state === 'offline';
  const face = canPause ? pause : faces[state];
  if (!face || (state === 'failed' && !canRetry)) return null;
  return (
    <IconButton label={face.label} onClick={() => face.act(key)}>
      {face.icon}
    </IconButton>
  );
}

function StateIcon({ state }: { state: TransferState }) {
  if (state === 'sent') return <Check size={18} className="shrink-0 text-accent" aria-hidden />;
  if (state === 'failed') return <CircleAlert size={18} className="shrink-0 text-danger" aria-hidden />;
  return <FileAudio size={18} className="shrink-0 text-soft" aria-hidden />;
}
