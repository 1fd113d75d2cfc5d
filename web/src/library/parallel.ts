import { asProblem, type Problem } from '../api/problem';

/** Of one page at a time, or a long list would keep all else waiting. */
const AT_ONCE = 4;

export interface Failed<T> {
  item: T;
  problem: Problem;
}

/** Does it for each, a few at a time; what fails holds up no other. Returns what failed. */
export async function forEach<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<Failed<T>[]> {
  const failed: Failed<T>[] = [];
  const left = items.values();
  const worker = async () => {
    for (const item of left) {
      if (signal?.aborted) return;
      await work(item).catch((thrown: unknown) => failed.push({ item, problem: asProblem(thrown) }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return failed;
}
