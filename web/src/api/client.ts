import createClient, { type FetchResponse } from 'openapi-fetch';
import type { MediaType } from 'openapi-typescript-helpers';
import { fetchAsUser } from './fetchAsUser';
import { asProblem, problemOf } from './problem';
import type { components, paths } from './schema';

export type Upload = components['schemas']['Upload'];
export type LibraryPage = components['schemas']['LibraryPage'];
export type User = components['schemas']['User'];

/** Completing a large upload takes the bucket a while; what takes longer than this is not going to be answered. */
const PATIENCE_MS = 60_000;

/** Everything that is asked in a user's name. */
export const api = createClient<paths>({
  baseUrl: '/',
  fetch: (request) =>
    fetchAsUser(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]) })),
});

/** What was answered, or a thrown `Problem`. */
export async function answer<T extends Record<string | number, unknown>, O, M extends MediaType>(
  asked: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>['data']>> {
  const { data, error, response } = await asked.catch((thrown: unknown) => {
    throw asProblem(thrown);
  });
  if (!response.ok) throw problemOf(response, error);
  return data as NonNullable<typeof data>;
}
