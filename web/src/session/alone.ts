const LOCK = 'segue.session';
/** A tab that holds the lock longer than its requests may take is frozen, and would keep all others from going on. */
const PATIENCE_MS = 10_000;

/** Whether tabs can take turns: pages on plain http have no locks. */
export function canTakeTurns(): boolean {
  return 'locks' in navigator;
}

/** One tab at a time. Where that is not to be had, the server's grace for the token before bears the race. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  if (!canTakeTurns()) return work();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  let hasBegun = false;
  try {
    return await navigator.locks.request(LOCK, { signal: patience.signal }, () => {
      hasBegun = true;
      clearTimeout(timer);
      return work();
    });
  } catch (thrown) {
    if (hasBegun || !patience.signal.aborted) throw thrown;
    return work();
  } finally {
    clearTimeout(timer);
  }
}
