import { asProblem } from '../api/problem';
import { growing } from './pause';
import type { World } from './world';

const MOST_TRIES = 7;
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** It is not to be stopped by anything that stops its transfer. */
const never = new AbortController().signal;

/** Has the server take away what there is of an upload. */
export async function discard(
  { uploadId, filename }: { uploadId: string; filename: string },
  { server, pause, onDiscarded, onNotDiscarded }: Pick<World, 'server' | 'pause' | 'onDiscarded' | 'onNotDiscarded'>,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await server.discard(uploadId);
      return onDiscarded(uploadId);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (!problem.isPassing || tries === MOST_TRIES) return onNotDiscarded(filename, problem);
      const asked = Math.min(problem.retryAfterSeconds ?? 0, 60) * 1000;
      await pause(Math.max(asked, growing(tries - 1, FIRST_MS, LONGEST_MS)), never);
    }
  }
}
