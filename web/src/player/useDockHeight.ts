import { type RefObject, useEffect } from 'react';

/** Tells the page how much of it the dock covers, by `--dock-height`. */
export function useDockHeight(dock: RefObject<HTMLElement | null>, isShown: boolean): void {
  useEffect(() => {
    const element = dock.current;
    if (!isShown || !element) return;
    const { style } = document.documentElement;
    const sizes = new ResizeObserver(() => style.setProperty('--dock-height', `${element.offsetHeight}px`));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      style.removeProperty('--dock-height');
    };
  }, [dock, isShown]);
}
