import { QueryClient } from '@tanstack/react-query';
import { asProblem } from '../api/problem';
import { session } from '../session/session';

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

let user: string | undefined;
// Nothing of one user may be seen by the next.
session.subscribe(() => {
  const { state } = session;
  const next = state.status === 'in' ? state.user.id : undefined;
  if (user !== undefined && next !== user) queries.clear();
  user = next;
});
