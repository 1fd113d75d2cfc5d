import { expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { forEach } from './parallel';

it('does four at a time, and all of them', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const failed = await forEach([...Array(20).keys()], async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(4);
  expect(done.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
  expect(failed).toEqual([]);
});

it('goes on after a failure, and says what failed', async () => {
  const gone = new Problem(404, 'not_found', 'There is no such upload.');
  const done: string[] = [];
  const failed = await forEach(['a', 'b', 'c'], async (item) => {
    if (item === 'b') throw gone;
    done.push(item);
  });
  expect(done).toEqual(['a', 'c']);
  expect(failed).toEqual([{ item: 'b', problem: gone }]);
});

it('begins nothing more once it is called off', async () => {
  const off = new AbortController();
  const begun: number[] = [];
  await forEach(
    [...Array(20).keys()],
    async (item) => {
      begun.push(item);
      off.abort();
    },
    off.signal,
  );
  expect(begun).toEqual([0]);
});
