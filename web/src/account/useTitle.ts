import { useEffect } from 'react';

/** What the tab is called, while this is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · Segue`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
