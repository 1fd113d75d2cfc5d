import type { Upload } from '../api/client';
import { useUpload } from '../live/cache';
import { usePlayer } from './player';

/** What is played, as it is called by now: it may be renamed meanwhile. */
export function useCurrent(): Upload | null {
  const current = usePlayer((state) => state.current);
  return useUpload(current?.id) ?? current;
}
