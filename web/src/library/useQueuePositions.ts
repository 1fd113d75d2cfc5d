import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { applyUploads } from '../live/cache';
import type { Filter } from './filter';

const EVERY_MS = 10_000;

/** Who waits moves up without being written to, so no event says so: it is asked for while any of them is looked at. */
export function useQueuePositions(filter: Filter, isAnyVisible: boolean): void {
  useQuery({
    queryKey: ['queue', filter],
    queryFn: async ({ signal }) => {
      const query = { state: 'queued' as const, sort: filter.sort, limit: 200, ...(filter.q && { q: filter.q }) };
      const { uploads } = await answer(api.GET('/api/v1/uploads', { params: { query }, signal }));
      applyUploads(uploads);
      return uploads.length;
    },
    enabled: isAnyVisible,
    refetchInterval: EVERY_MS,
    // The list itself has just said them.
    initialData: 0,
    initialDataUpdatedAt: () => Date.now(),
    staleTime: EVERY_MS,
    gcTime: 0,
    retry: false,
  });
}
