import { type RefObject, useEffect } from 'react';

const NAME = '--tray-height';

/** Says how much room the tray takes at the bottom, as `--tray-height` on the root, so that notices stand above it. */
export function useTrayHeight(tray: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const { current } = tray;
    if (!current) return;
    const { style } = document.documentElement;
    const watching = new ResizeObserver(() => style.setProperty(NAME, `${current.offsetHeight + 12}px`));
    watching.observe(current);
    return () => {
      watching.disconnect();
      style.removeProperty(NAME);
    };
  }, [tray]);
}
