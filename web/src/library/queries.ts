import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import type { Filter } from './filter';

/** Few rows are there sooner; of those that follow, more at once make fewer requests for somebody who scrolls fast. */
const FIRST_PAGE = 60;
const NEXT_PAGES = 200;

/**
 * A list. Events keep it up to date (see src/live), so it is not asked for again by itself. All pages are kept: ten
 * thousand rows are some megabytes, and whoever scrolls back finds them at once.
 */
export function libraryQuery(filter: Filter) {
  return infiniteQueryOptions({
    queryKey: ['library', filter] as const,
    queryFn: ({ pageParam, signal }) => {
      const { q, state, sort } = filter;
      const query = {
        ...(q && { q }),
        ...(state && { state }),
        sort,
        ...(pageParam && { cursor: pageParam }),
        limit: pageParam ? NEXT_PAGES : FIRST_PAGE,
      };
      return answer(api.GET('/api/v1/uploads', { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    staleTime: Number.POSITIVE_INFINITY,
    // Searches are many, and soon forgotten.
    gcTime: filter.q ? 30_000 : 300_000,
  });
}

/** One upload. Kept up to date as the lists are. */
export function uploadQuery(id: string) {
  return queryOptions({
    queryKey: ['upload', id] as const,
    queryFn: ({ signal }) => answer(api.GET('/api/v1/uploads/{id}', { params: { path: { id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
