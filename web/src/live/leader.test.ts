import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leadByBeats, leadByLock } from './leader';
import type { Message, Tabs } from './tabs';

/** Tabs of one browser that hear each other. */
function browser() {
  const ears = new Set<(message: Message) => void>();
  const tab = (): Tabs => {
    const own = new Set<(message: Message) => void>();
    return {
      post: (message) => {
        for (const ear of [...ears]) if (!own.has(ear)) ear(message);
      },
      subscribe: (listener) => {
        own.add(listener);
        ears.add(listener);
        return () => {
          own.delete(listener);
          ears.delete(listener);
        };
      },
      close: () => {},
    };
  };
  return { tab };
}

/** A tab that takes part; smaller chances come first. */
function join(tabs: Tabs, chance: number) {
  const state = { isLeading: false, isVisible: true, leave: () => {} };
  const lead = () => {
    state.isLeading = true;
    return () => {
      state.isLeading = false;
    };
  };
  state.leave = leadByBeats(tabs, lead, { isVisible: () => state.isVisible, chance: () => chance });
  return state;
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('without locks', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('the first tab leads, and those that come later do not', async () => {
    const { tab } = browser();
    const first = join(tab(), 0.5);
    await pass(1_000);
    const second = join(tab(), 0.1);
    await pass(60_000);
    expect([first.isLeading, second.isLeading]).toEqual([true, false]);
    first.leave();
    second.leave();
  });

  it('another leads soon after the leader left', async () => {
    const { tab } = browser();
    const first = join(tab(), 0.1);
    await pass(1_000);
    const second = join(tab(), 0.5);
    await pass(1_000);
    first.leave();
    await pass(1_000);
    expect([first.isLeading, second.isLeading]).toEqual([false, true]);
    second.leave();
  });

  it('of tabs that come at once one leads in the end', async () => {
    const { tab } = browser();
    const all = [0.3, 0.3000001, 0.3000002].map((chance) => join(tab(), chance));
    await pass(10_000);
    expect(all.map(({ isLeading }) => isLeading)).toEqual([true, false, false]);
    for (const { leave } of all) leave();
  });

  it('the one that is looked at takes over from one that sleeps', async () => {
    const { tab } = browser();
    const ears = tab();
    let isAsleep = false;
    const sleeper: Tabs = { ...ears, post: (message) => !isAsleep && ears.post(message) };
    const first = join(sleeper, 0.1);
    await pass(1_000);
    const second = join(tab(), 0.5);
    await pass(1_000);
    isAsleep = true;
    first.isVisible = false;
    await pass(10_000);
    isAsleep = false;
    await pass(5_000);
    expect([first.isLeading, second.isLeading]).toEqual([false, true]);
    first.leave();
    second.leave();
  });
});

describe('with locks', () => {
  /** One lock, in the order of asking. */
  function locks() {
    let held: Promise<unknown> = Promise.resolve();
    const request = (_name: string, { signal }: LockOptions, work: () => Promise<unknown>) => {
      const turn = held.then(() => {
        signal?.throwIfAborted();
        return work();
      });
      held = turn.catch(() => {});
      return turn;
    };
    return { request } as unknown as LockManager;
  }

  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('one leads until it leaves, and then the next', async () => {
    const manager = locks();
    const led: string[] = [];
    const tab = (name: string) =>
      leadByLock(manager, () => {
        led.push(`${name} begins`);
        return () => led.push(`${name} ends`);
      });
    const [leaveFirst, leaveSecond, leaveThird] = [tab('first'), tab('second'), tab('third')];
    await settle();
    expect(led).toEqual(['first begins']);
    leaveSecond();
    leaveFirst();
    await settle();
    expect(led).toEqual(['first begins', 'first ends', 'third begins']);
    leaveThird();
    await settle();
    expect(led.at(-1)).toBe('third ends');
  });
});
