import { X } from 'lucide-react';
import { useMemo } from 'react';
import { byLine, nameOf } from '../library/words';
import { IconButton } from '../ui/Button';
import { clock, plural } from '../ui/format';
import { player, usePlayer } from './player';
import { leftOver, upcoming } from './queue';

/** A queue may be as long as a library. Nobody reads further, and every row costs. */
const MOST = 50;

/** What comes next. */
export function QueueList() {
  const queue = usePlayer((state) => state.queue);
  const entries = useMemo(() => upcoming(queue, MOST), [queue]);
  const hidden = leftOver(queue) - entries.length;
  if (entries.length === 0) {
    return (
      <p className="px-3 py-6 text-center text-soft text-sm">
        {queue.repeat === 'all' ? 'Then it begins again.' : 'Nothing comes after this.'}
      </p>
    );
  }
  return (
    <>
      <ol aria-label="Next">
        {entries.map(({ item, position }) => (
          <li key={`${item.id} ${position}`} className="flex items-center rounded-xl hover:bg-sunken">
            <button
              type="button"
              onClick={() => player.jump(position)}
              className="flex min-h-12 min-w-0 grow items-center gap-3 rounded-xl py-1.5 pl-3 text-left"
            >
              <span className="min-w-0 grow">
                <span className="sr-only">Play </span>
                <span className="block truncate text-sm">{nameOf(item)}</span>
                {byLine(item) && <span className="block truncate text-soft text-xs">{byLine(item)}</span>}
              </span>
              <span className="shrink-0 text-soft text-xs tabular-nums">{clock(item.duration_seconds)}</span>
            </button>
            <IconButton label={`Remove ${nameOf(item)} from the queue`} onClick={() => player.remove(position)}>
              <X size={16} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ol>
      {hidden > 0 && <p className="px-3 py-3 text-soft text-xs">{`And ${plural(hidden, 'more upload')}.`}</p>}
    </>
  );
}
