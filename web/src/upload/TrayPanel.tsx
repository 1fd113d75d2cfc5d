import { ChevronDown, ChevronUp, Pause, Play, RotateCw, X } from 'lucide-react';
import { useId, useState } from 'react';
import { Button, IconButton } from '../ui/Button';
import { CancelAll } from './CancelAll';
import { FilePicker } from './FilePicker';
import { ProgressBar } from './ProgressBar';
import { RefusalNotice } from './RefusalNotice';
import type { Overview } from './roster';
import { TransferList } from './TransferList';
import { transfers } from './transfers';
import { percent, progressInWords, titleOf } from './words';

export function TrayPanel({ overview }: { overview: Overview }) {
  const [isOpen, setOpen] = useState(true);
  const id = useId();
  const { phase, refusals, counts } = overview;
  return (
    <section
      aria-labelledby={`${id}-title`}
      data-testid="upload-tray"
      data-state={phase}
      className="fixed inset-x-2 bottom-[calc(var(--dock-height,0px)+0.5rem)] z-30 overflow-hidden rounded-card border border-line bg-raised shadow-float sm:inset-x-auto sm:right-4 sm:bottom-[calc(var(--dock-height,0px)+1rem)] sm:w-[26rem]"
    >
      {refusals.length > 0 && <RefusalNotice refusals={refusals} />}
      {phase !== 'idle' && (
        <>
          <Head overview={overview} titleId={`${id}-title`} listId={`${id}-list`} isOpen={isOpen} onOpen={setOpen} />
          <div id={`${id}-list`} hidden={!isOpen}>
            {isOpen && (
              <>
                {counts.unfinished > 0 && <AskAgain count={counts.unfinished} />}
                <TransferList transfers={overview.transfers} />
                <Foot overview={overview} />
              </>
            )}
          </div>
        </>
      )}
    </section>
  );
}

interface HeadProps {
  overview: Overview;
  titleId: string;
  listId: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

function Head({ overview, titleId, listId, isOpen, onOpen }: HeadProps) {
  const { phase, bytes } = overview;
  const words = progressInWords(overview);
  const isUnderWay = phase === 'sending' || phase === 'offline' || phase === 'paused';
  return (
    <div className="border-line border-b last:border-b-0">
      <div className="flex items-center gap-1 py-2 pr-2 pl-4">
        <div className="min-w-0 grow">
          <h2 id={titleId} className="truncate font-semibold text-base">
            {titleOf(overview)}
          </h2>
          {words && <p className="truncate text-soft text-xs">{words}</p>}
        </div>
        {phase === 'offline' && (
          <IconButton label="Try to connect now" onClick={transfers.tryNow}>
            <RotateCw size={18} aria-hidden />
          </IconButton>
        )}
        {phase === 'sending' && (
          <IconButton label="Pause all" onClick={transfers.pauseAll}>
            <Pause size={18} aria-hidden />
          </IconButton>
        )}
        {phase === 'paused' && (
          <IconButton label="Resume all" onClick={transfers.resumeAll}>
            <Play size={18} aria-hidden />
          </IconButton>
        )}
        <IconButton
          label={isOpen ? 'Hide the files' : 'Show the files'}
          aria-expanded={isOpen}
          aria-controls={listId}
          onClick={() => onOpen(!isOpen)}
        >
          {isOpen ? <ChevronDown size={18} aria-hidden /> : <ChevronUp size={18} aria-hidden />}
        </IconButton>
        {!isUnderWay && (
          <IconButton label="Close" onClick={transfers.clear}>
            <X size={18} aria-hidden />
          </IconButton>
        )}
      </div>
      {isUnderWay && (
        <ProgressBar
          label="All files"
          percent={percent(bytes.sent, bytes.total)}
          text={words}
          tone={phase === 'sending' ? 'accent' : 'soft'}
          className="!h-1 rounded-none"
        />
      )}
    </div>
  );
}

/** A page cannot reach a file again that was given to an earlier one. */
function AskAgain({ count }: { count: number }) {
  return (
    <div className="flex items-center gap-3 border-line border-b bg-tint px-4 py-3">
      <p className="grow text-sm">
        {count === 1 ? 'Choose this file again' : 'Choose these files again'}, and only what is missing is sent.
      </p>
      <FilePicker>
        {(pick) => (
          <Button look="primary" className="shrink-0" onClick={pick}>
            Choose
          </Button>
        )}
      </FilePicker>
    </div>
  );
}

function Foot({ overview: { counts, transfers: all } }: { overview: Overview }) {
  const left = counts.waiting + counts.sending + counts.offline + counts.paused;
  const retryable = counts.failed > 1 && all.filter(({ state, canRetry }) => state === 'failed' && canRetry).length > 1;
  if (left < 2 && !retryable) return null;
  return (
    <div className="flex justify-end gap-1 border-line border-t px-2 py-1">
      {retryable && (
        <Button look="quiet" onClick={transfers.retryAll}>
          Try again all that failed
        </Button>
      )}
      {left > 1 && <CancelAll count={left} />}
    </div>
  );
}
