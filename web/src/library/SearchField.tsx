import { Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../ui/Button';

/** A letter is searched for at once, and those that follow sooner than this together: a key may be held down. */
const PAUSE_MS = 50;

interface Props {
  /** As the address has it. */
  value: string;
  isBusy: boolean;
  onSearch: (text: string) => void;
}

export function SearchField({ value, isBusy, onSearch }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  /** What was asked for here and may yet come back as the address, after what stands there now. */
  const asked = useRef([value]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const askedAt = useRef(0);

  // What comes back is behind what is being typed. Anything else is of somebody who went back or followed a link.
  useEffect(() => {
    const own = asked.current.lastIndexOf(value);
    asked.current = own < 0 ? [value] : asked.current.slice(own);
    if (own >= 0) return;
    clearTimeout(timer.current);
    setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useSlash(field);

  const ask = (next: string) => {
    asked.current.push(next);
    askedAt.current = performance.now();
    onSearch(next);
  };
  const search = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    const rest = askedAt.current + PAUSE_MS - performance.now();
    if (rest <= 0) ask(next);
    else timer.current = setTimeout(ask, rest, next);
  };

  return (
    <search className="relative grow" aria-busy={isBusy}>
      <Search
        size={18}
        aria-hidden
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 left-4 text-soft"
      />
      <input
        ref={field}
        type="search"
        aria-label="Search your library"
        aria-keyshortcuts="/"
        placeholder="Title, artist, album or file"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={200}
        value={text}
        onChange={(event) => search(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !text) return;
          event.preventDefault();
          search('');
        }}
        className="h-11 w-full rounded-full border border-line bg-raised pr-12 pl-11 text-base text-ink placeholder:text-soft [&::-webkit-search-cancel-button]:hidden"
      />
      {text ? (
        <IconButton
          label="Clear the search"
          className="absolute top-0.5 right-0.5"
          onClick={() => {
            search('');
            field.current?.focus();
          }}
        >
          <X size={16} aria-hidden />
        </IconButton>
      ) : (
        <kbd
          aria-hidden
          className="-translate-y-1/2 pointer-events-none absolute top-1/2 right-4 rounded-md border border-line px-1.5 text-soft text-xs [@media(hover:none)]:hidden"
        >
          /
        </kbd>
      )}
    </search>
  );
}

/** `/` leads to the field, from wherever no text is being typed. */
function useSlash(field: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const at = event.target;
      const isTyping =
        at instanceof HTMLElement &&
        (at.isContentEditable || at.matches('input:not([type=checkbox]), textarea, select'));
      // A dialog or a menu has the page to itself.
      if (isTyping || document.querySelector('[role=dialog], [role=menu]')) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [field]);
}
