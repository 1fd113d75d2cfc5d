import { describe, expect, it } from 'vitest';
import {
  begin,
  current,
  EMPTY,
  hasNext,
  jump,
  next,
  previous,
  type Queue,
  remove,
  repeatAfter,
  shuffle,
  upcoming,
} from './queue';

const off = { repeat: 'off', isShuffled: false } as const;
const all = { repeat: 'all', isShuffled: false } as const;
const ABC = ['a', 'b', 'c', 'd'] as const;

/** Fisher and Yates with these leaves everything where it is, or brings the first of each round to the end. */
const highest = () => 0.999_999;
const lowest = () => 0;

const coming = (queue: Queue<string>) => upcoming(queue, 100).map(({ item }) => item);

/** What is heard if nobody presses anything, at most so many. */
function heard(queue: Queue<string>, most: number, chance = highest): string[] {
  const items: string[] = [];
  for (let at: Queue<string> | null = queue; at && items.length < most; at = next(at, 'end', chance)) {
    items.push(current(at) ?? '');
  }
  return items;
}

describe('a queue', () => {
  it('begins at the chosen item and goes on to the end', () => {
    const queue = begin(ABC, 1, off, highest);
    expect(current(queue)).toBe('b');
    expect(coming(queue)).toEqual(['c', 'd']);
    expect(heard(queue, 10)).toEqual(['b', 'c', 'd']);
  });

  it('has nothing in it, for an index that is not there', () => {
    expect(current(begin(ABC, 4, off, highest))).toBeNull();
    expect(current(begin([], 0, off, highest))).toBeNull();
    expect(next(EMPTY, 'hand', highest)).toBeNull();
  });

  it('says only as many as are asked for of what comes', () => {
    expect(upcoming(begin(ABC, 0, off, highest), 2)).toEqual([
      { item: 'b', position: 1 },
      { item: 'c', position: 2 },
    ]);
  });

  it('goes round where all are repeated, both ways', () => {
    const queue = begin(ABC, 3, all, highest);
    expect(heard(queue, 3)).toEqual(['d', 'a', 'b']);
    expect(current(previous(begin(ABC, 0, all, highest)) ?? EMPTY)).toBe('d');
    expect(hasNext(queue)).toBe(true);
  });

  it('repeats one by itself, but not against the hand', () => {
    const queue = { ...begin(ABC, 1, off, highest), repeat: 'one' as const };
    expect(heard(queue, 3)).toEqual(['b', 'b', 'b']);
    expect(current(next(queue, 'hand', highest) ?? EMPTY)).toBe('c');
    expect(next({ ...queue, at: 3 }, 'hand', highest)).toBeNull();
  });

  it('knows where nothing comes before or after', () => {
    expect(previous(begin(ABC, 0, off, highest))).toBeNull();
    expect(hasNext(begin(ABC, 3, off, highest))).toBe(false);
  });

  it('jumps, and stays where the aim is not there', () => {
    const queue = begin(ABC, 0, off, highest);
    expect(current(jump(queue, 2))).toBe('c');
    expect(jump(queue, 9)).toBe(queue);
  });
});

describe('removing', () => {
  it('takes out what comes, and leaves the rest in order', () => {
    const queue = remove(begin(ABC, 1, off, highest), 2);
    expect(current(queue)).toBe('b');
    expect(coming(queue)).toEqual(['d']);
  });

  it('takes out what was before', () => {
    const queue = remove(begin(ABC, 2, off, highest), 0);
    expect(current(queue)).toBe('c');
    expect(coming(queue)).toEqual(['d']);
  });

  it('leaves what is being heard', () => {
    const queue = begin(ABC, 1, off, highest);
    expect(remove(queue, 1)).toBe(queue);
  });

  it('keeps a shuffled order', () => {
    const queue = begin(ABC, 1, { repeat: 'off', isShuffled: true }, lowest);
    const [first, second, third] = coming(queue);
    const without = remove(queue, 2);
    expect(current(without)).toBe('b');
    expect(coming(without)).toEqual([first, third]);
    expect(coming(shuffle(without, false, lowest))).not.toContain(second);
  });
});

describe('shuffling', () => {
  it('plays every item once, the current one first', () => {
    for (const chance of [lowest, highest, () => 0.5]) {
      const queue = shuffle(begin(ABC, 2, off, highest), true, chance);
      const order = heard(queue, 10, chance);
      expect(order[0]).toBe('c');
      expect(order.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    }
  });

  it('depends on chance', () => {
    const queue = begin(ABC, 0, off, highest);
    expect(coming(shuffle(queue, true, highest))).toEqual(['b', 'c', 'd']);
    expect(coming(shuffle(queue, true, lowest))).toEqual(['c', 'd', 'b']);
  });

  it('goes back to the given order, from the current item on', () => {
    const shuffled = next(shuffle(begin(ABC, 0, off, highest), true, lowest), 'hand', lowest) ?? EMPTY;
    expect(current(shuffled)).toBe('c');
    expect(coming(shuffle(shuffled, false, lowest))).toEqual(['d']);
  });

  it('shuffles each round anew, and does not play the last one twice', () => {
    const queue = { ...begin(['a', 'b', 'c'], 0, { repeat: 'all', isShuffled: true }, highest) };
    // By `highest` every round is a, b, c; then `lowest` would begin the second one with b.
    const end = jump(queue, 2);
    const second = next(end, 'end', lowest) ?? EMPTY;
    expect([current(second), ...coming(second)]).toEqual(['b', 'c', 'a']);
    const third = next({ ...second, at: 2 }, 'end', highest) ?? EMPTY;
    expect(current(third)).toBe('b');
  });
});

describe('repeat', () => {
  it('goes from off to all to one', () => {
    expect(repeatAfter('off')).toBe('all');
    expect(repeatAfter('all')).toBe('one');
    expect(repeatAfter('one')).toBe('off');
  });
});
