import { queryOptions } from '@tanstack/react-query';
import { asProblem, problemOf } from './problem';
import type { components } from './schema';

export type Settings = components['schemas']['Settings'];

/** What this server takes, and from whom. It is answered without a login. */
export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<Settings> => {
    try {
      const response = await fetch('/api/v1/settings', { signal });
      const body: unknown = await response.json();
      if (!response.ok) throw problemOf(response, body);
      return body as Settings;
    } catch (thrown) {
      throw signal.aborted ? thrown : asProblem(thrown);
    }
  },
});
