import { describe, expect, it, vi } from 'vitest';
import { type PartPut, PartUrls } from './partUrls';

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

function given(numbers: readonly number[], livesMs = 900_000) {
  let now = 0;
  let asked = 0;
  const ask = vi.fn(async (wanted: number[]): Promise<PartPut[]> => {
    asked += 1;
    return wanted.map((number) => ({ number, url: `${number}#${asked}`, headers: {}, livesMs }));
  });
  const urls = new PartUrls(numbers, ask, () => now);
  return {
    ask,
    urls,
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
    asks: () => ask.mock.calls.map(([wanted]) => wanted),
  };
}

const settled = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('PartUrls', () => {
  it('asks once for a batch, however many wait for it', async () => {
    const { urls, asks } = given(upTo(10));
    const taken = await Promise.all(upTo(5).map((number) => urls.take(number)));
    expect(taken.map(({ url }) => url)).toEqual(['1#1', '2#1', '3#1', '4#1', '5#1']);
    expect(asks()).toEqual([upTo(10)]);
  });

  it('fetches the next batch before the last URL is used', async () => {
    const { urls, asks } = given(upTo(1000));
    for (const number of upTo(16)) await urls.take(number);
    await settled();
    expect(asks()).toEqual([upTo(24)]);
    await urls.take(17);
    await settled();
    expect(asks()).toEqual([upTo(24), upTo(48).slice(24)]);
    expect((await urls.take(25)).url).toBe('25#2');
  });

  it('never asks for more than the server takes, and for all exactly once', async () => {
    const { urls, asks } = given(upTo(300));
    for (const number of upTo(300)) await urls.take(number);
    expect(Math.max(...asks().map((wanted) => wanted.length))).toBeLessThanOrEqual(100);
    expect(asks().flat()).toEqual(upTo(300));
  });

  it('asks only for what is to be sent', async () => {
    const { urls, asks } = given([3, 7, 8]);
    await urls.take(3);
    expect(asks()).toEqual([[3, 7, 8]]);
  });

  it('renews what ran out while it waited', async () => {
    const { urls, wait } = given(upTo(4));
    await urls.take(1);
    wait(869_000);
    expect((await urls.take(2)).url).toBe('2#1');
    wait(2_000);
    expect((await urls.take(3)).url).toBe('3#2');
  });

  it('gives another URL for one that was refused', async () => {
    const { urls } = given(upTo(4));
    const first = await urls.take(2);
    expect((await urls.take(2)).url).toBe(first.url);
    urls.refuse(2);
    expect((await urls.take(2)).url).not.toBe(first.url);
  });

  it('passes on why there is none, and asks again the next time', async () => {
    const { urls, ask } = given(upTo(4));
    ask.mockRejectedValueOnce(new Error('no answer'));
    await expect(urls.take(1)).rejects.toThrow('no answer');
    expect((await urls.take(1)).url).toBe('1#1');
  });

  it('survives a batch ahead that fails', async () => {
    const { urls, ask } = given(upTo(100));
    for (const number of upTo(16)) await urls.take(number);
    ask.mockRejectedValueOnce(new Error('no answer'));
    await urls.take(17);
    await settled();
    for (const number of upTo(100).slice(17)) expect((await urls.take(number)).url).toContain(`${number}#`);
  });

  it('does not ask for ever where an answer leaves a part out', async () => {
    const { urls, ask } = given(upTo(4));
    ask.mockResolvedValue([]);
    await expect(urls.take(1)).rejects.toThrow('no URL');
    expect(ask).toHaveBeenCalledTimes(3);
  });
});
