import { useMedia } from './useMedia';

/** In pixels: one line where there is room, two where there is not. In the browser's own font size, which people with poor sight make larger. */
export function useRowHeight(): number {
  const isWide = useMedia('(min-width: 64rem)');
  const isPhone = useMedia('(max-width: 39.99rem)');
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return rem * (isWide ? 3.5 : isPhone ? 4.5 : 4);
}
