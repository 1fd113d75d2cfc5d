import { ChevronDown, ChevronUp, Pause, Play, RotateCw, X } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { Button, IconButton } from '../ui/Button';
import { CancelAll } from './CancelAll';
import { FilePicker } from './FilePicker';
import { ProgressBar } from './ProgressBar';
import { RefusalNotice } from './RefusalNotice';
import type { Overview } from './roster';
import { TransferList } from './TransferList';
import { transfers } from './transfers';
import { useTrayHeight } from './useTrayHeight';
import { percent, progressInWords, titleOf } from './words';

export function TrayPanel({ overview }: { overview: Overview }) {
  const [isOpen, setOpen] = useState(true);
  const panel = useRef<HTMLElement>(null);
  const listId = useId();
  useTrayHeight(panel);
  const { phase, refusals, counts } = overview;
  const keepFocus = () => panel.current?.focus({ preventScroll: true });
  return (
    <section
      ref={panel}
      tabIndex={-1}
      aria-label="Uploads"
      data-testid="upload-tray"
      data-state={phase}
      className="fixed inset-x-2 bottom-[calc(var(--dock-height,0px)+0.5rem)] z-30 overflow-hidden rounded-card border border-line bg-raised shadow-float sm:inset-x-auto sm:right-4 sm:bottom-[calc(var(--dock-height,0px)+1rem)] sm:w-[26rem]"
    >
      {refusals.length > 0 && <RefusalNotice refusals={refusals} />}
      {phase !== 'idle' && (
        <>
          <Head overview={overview} listId={listId} isOpen={isOpen} onOpen={setOpen} />
          <div id={listId} hidden={!isOpen}>
            {isOpen && (
              <>
                {counts.unfinished > 0 && <AskAgain count={counts.unfinished} />}
                <TransferList transfers={overview.transfers} onLeave={keepFocus} />
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
  listId: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

function Head({ overview, listId, isOpen, onOpen }: HeadProps) {
  const { phase, bytes } = overview;
  const words = progressInWords(overview);
  const isUnderWay = phase === 'sending' || phase === 'offline' || phase === 'paused';
  return (
    <div className="border-line border-b last:border-b-0">
      <div className="flex items-center gap-1 py-2 pr-2 pl-4">
        <div className="min-w-0 grow">
          <h2 className="truncate font-semibold text-base">{titleOf(overview)}</h2>
          {words && <p className="truncate text-soft text-xs">{words}</p>}
        </div>
        {phase === 'offline' && (
          <IconButton label="Try to connect now" onClick={transfers.tryNow}>
            <RotateCw size={18} aria-hidden />
          </IconButton>
        )}
        {/* One button for both, so that it keeps the focus. */}
        {(phase === 'sending' || phase === 'paused') && (
          <IconButton
            label={phase === 'paused' ? 'Resume all' : 'Pause all'}
            onClick={phase === 'paused' ? transfers.resumeAll : transfers.pauseAll}
          >
            {phase === 'paused' ? <Play size={18} aria-hidden /> : <Pause size={18} aria-hidden />}
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
          <IconButton
            label="Close"
            onClick={() => {
              // It takes the focus with it.
              document.getElementById('main')?.focus({ preventScroll: true });
              transfers.clear();
            }}
          >
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
          className="h-1"
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
