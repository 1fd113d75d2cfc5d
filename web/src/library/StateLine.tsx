import type { Upload } from '../api/client';
import { useTransfer } from '../upload/transfers';
import { useForecast } from './paces';
import { byLine, failureWords, nameOf, processingWords, queueWords, shortDay, uploadingWords } from './words';

/** The second line of a row: whose it is, or what is happening to it if it is not ready. */
export function StateLine({ upload, onExplain }: { upload: Upload; onExplain: () => void }) {
  switch (upload.state) {
    case 'uploading':
      return <Uploading upload={upload} />;
    case 'queued':
      return <Line text={queueWords(upload.queue_position)} />;
    case 'processing':
      return <Processing upload={upload} />;
    case 'failed':
      return <Failed upload={upload} onExplain={onExplain} />;
    default:
      return <Line text={byLine(upload)} />;
  }
}

function Line({ text }: { text: string }) {
  return <span className="block truncate text-soft">{text}</span>;
}

function Uploading({ upload }: { upload: Upload }) {
  const transfer = useTransfer(upload.id);
  const part = transfer && transfer.size > 0 ? transfer.sent / transfer.size : undefined;
  return (
    <>
      <Line text={uploadingWords(transfer)} />
      <Bar part={part} />
    </>
  );
}

function Processing({ upload }: { upload: Upload }) {
  const forecast = useForecast(upload);
  return (
    <>
      <Line text={processingWords(upload, forecast)} />
      <Bar part={forecast.part} />
    </>
  );
}

/** There is more to it than fits: a press tells all. */
function Failed({ upload, onExplain }: { upload: Upload; onExplain: () => void }) {
  const reason = failureWords(upload);
  return (
    <button
      type="button"
      data-control="explain"
      aria-label={`Why ${nameOf(upload)} failed: ${reason}`}
      title={reason}
      onClick={onExplain}
      className="relative z-1 block min-h-6 max-w-full truncate text-left text-soft underline-offset-4 hover:underline max-sm:group-data-selecting/list:pointer-events-none"
    >
      <span className="font-medium text-danger">Failed</span>
      {upload.purge_after && <span className="sm:hidden">, goes on {shortDay(upload.purge_after)}</span>}: {reason}
    </button>
  );
}

/** At the foot of the row. What it shows is also said in words. */
function Bar({ part }: { part: number | undefined }) {
  if (part === undefined) return null;
  return (
    <span aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 overflow-hidden">
      <span
        className="block h-full origin-left bg-accent transition-transform duration-1000 ease-linear"
        style={{ transform: `scaleX(${part})` }}
      />
    </span>
  );
}
