import type { ReactNode } from 'react';
import { Wordmark } from '../app/Wordmark';
import { Ladder } from './Ladder';
import { useTitle } from './useTitle';

/** The pages before the library: the form on the paper's left, and what this is all about on the right. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(28rem,1fr)_1.25fr]">
      <main className="flex flex-col px-6 py-7 sm:px-12">
        <Wordmark />
        <div className="m-auto w-full max-w-sm py-10">
          <h1 className="mb-6 font-semibold text-3xl">{title}</h1>
          {children}
        </div>
      </main>
      <aside
        aria-label="About Segue"
        className="hidden flex-col justify-between gap-10 border-line border-l bg-tint p-12 lg:flex"
      >
        <p className="max-w-md font-display font-semibold text-4xl text-ink leading-[1.15] tracking-tight">
          Your audio, streamed at whatever the network can carry.
        </p>
        <Ladder />
      </aside>
    </div>
  );
}
