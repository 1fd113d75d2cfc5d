/** Comes back after a while; rejects as soon as `signal` is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * A pause that doubles with each try, from `first` up to `most`. Up to a quarter is left off by chance, so that the
 * many that failed together do not come back together.
 */
export function growing(tries: number, first: number, most: number, chance: () => number = Math.random): number {
  return Math.min(most, first * 2 ** Math.min(tries, 30)) * (1 - chance() / 4);
}
