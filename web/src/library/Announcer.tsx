import { useEffect, useRef, useState } from 'react';
import { type Change, followChanges } from '../live/cache';
import { newsOf } from './news';

/** Changes that come together are told together, and no more often than this. */
const COLLECT_MS = 1_500;
/** Typing goes on: only what stays is said. */
const SETTLE_MS = 700;
const MOST = 1_000;

/** Tells those who do not see the page what changes in it by itself. `found`: of a search. */
export function Announcer({ found }: { found: string }) {
  const [news, setNews] = useState('');
  const settled = useSettled(found);
  useEffect(() => {
    let changes: Change[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const forget = followChanges((more) => {
      const worth = more.filter(({ before, after }) => before.state !== after.state);
      if (worth.length === 0 || changes.length > MOST) return;
      changes.push(...worth);
      timer ??= setTimeout(() => {
        setNews(newsOf(changes));
        changes = [];
        timer = undefined;
      }, COLLECT_MS);
    });
    return () => {
      forget();
      clearTimeout(timer);
    };
  }, []);
  return (
    <div className="sr-only">
      <p aria-live="polite">{news}</p>
      <p aria-live="polite">{settled}</p>
    </div>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    timer.current = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer.current);
  }, [text]);
  return settled;
}
