import { QueryClient } from '@tanstack/react-query';
import { asProblem } from '../api/problem';
import { followUser } from '../session/user';

/** What the server said, kept for as long as it is shown. Changes come by events: see src/live. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, thrown) => failures < 3 && asProblem(thrown).isPassing,
      staleTime: 30_000,
    },
    mutations: { retry: false },
  },
});

// Nothing of one user may be seen by the next.
followUser((_, before) => {
  if (before !== undefined) queries.clear();
});
