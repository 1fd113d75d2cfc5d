/** A number from 0 up to, but not, 1. */
export type Chance = () => number;

export type Repeat = 'off' | 'all' | 'one';

/** What is played in which order. Never changed in place. */
export interface Queue<T> {
  /** As they were given, whatever the order of playing. */
  readonly items: readonly T[];
  /** Indexes into `items`, in the order of playing. */
  readonly order: readonly number[];
  /** Where in `order` we are; -1: nowhere, there is nothing. */
  readonly at: number;
  readonly repeat: Repeat;
  readonly isShuffled: boolean;
}

export const EMPTY: Queue<never> = { items: [], order: [], at: -1, repeat: 'off', isShuffled: false };

type Modes = Pick<Queue<unknown>, 'repeat' | 'isShuffled'>;

/** A new queue that begins with the item at this index. */
export function begin<T>(items: readonly T[], index: number, modes: Modes, chance: Chance): Queue<T> {
  const { repeat, isShuffled } = modes;
  const natural = items.map((_, position) => position);
  if (index < 0 || index >= items.length) return { ...EMPTY, repeat, isShuffled };
  const queue = { items, order: natural, at: index, repeat, isShuffled };
  return isShuffled ? { ...queue, order: shuffledAround(queue, chance), at: 0 } : queue;
}

export function current<T>(queue: Queue<T>): T | null {
  return itemAt(queue, queue.at) ?? null;
}

export interface Entry<T> {
  item: T;
  /** In the order of playing: what `jump` and `remove` take. */
  position: number;
}

/** What comes after the current item, up to the end; at most so many. */
export function upcoming<T>(queue: Queue<T>, most: number): Entry<T>[] {
  const entries: Entry<T>[] = [];
  const end = Math.min(queue.order.length, queue.at + 1 + most);
  for (let position = queue.at + 1; position < end; position += 1) {
    const item = itemAt(queue, position);
    if (item !== undefined) entries.push({ item, position });
  }
  return entries;
}

/** How many come after the current item. */
export function leftOver(queue: Queue<unknown>): number {
  return queue.order.length - 1 - queue.at;
}

/** Whether a press on `next` leads anywhere. */
export function hasNext(queue: Queue<unknown>): boolean {
  return leftOver(queue) > 0 || (queue.repeat === 'all' && queue.order.length > 0);
}

/** After the end of an item, or by hand: who presses `next` wants another one, even where one is repeated. */
export function next<T>(queue: Queue<T>, by: 'end' | 'hand', chance: Chance): Queue<T> | null {
  if (queue.at < 0) return null;
  if (by === 'end' && queue.repeat === 'one') return queue;
  if (queue.at + 1 < queue.order.length) return { ...queue, at: queue.at + 1 };
  if (queue.repeat !== 'all') return null;
  return queue.isShuffled ? { ...queue, order: shuffledAnew(queue.order, chance), at: 0 } : { ...queue, at: 0 };
}

export function previous<T>(queue: Queue<T>): Queue<T> | null {
  if (queue.at > 0) return { ...queue, at: queue.at - 1 };
  if (queue.repeat === 'all' && queue.order.length > 1) return { ...queue, at: queue.order.length - 1 };
  return null;
}

export function jump<T>(queue: Queue<T>, position: number): Queue<T> {
  return position >= 0 && position < queue.order.length ? { ...queue, at: position } : queue;
}

/** Takes an item out; the current one stays, since it is being heard. */
export function remove<T>(queue: Queue<T>, position: number): Queue<T> {
  const index = queue.order[position];
  if (index === undefined || position === queue.at) return queue;
  const order = queue.order.filter((other) => other !== index).map((other) => (other > index ? other - 1 : other));
  const items = queue.items.filter((_, other) => other !== index);
  return { ...queue, items, order, at: position < queue.at ? queue.at - 1 : queue.at };
}

/** Shuffled, the current item comes first and all others once after it; otherwise they go on from it as given. */
export function shuffle<T>(queue: Queue<T>, isShuffled: boolean, chance: Chance): Queue<T> {
  if (isShuffled === queue.isShuffled) return queue;
  if (queue.at < 0) return { ...queue, isShuffled };
  if (isShuffled) return { ...queue, isShuffled, order: shuffledAround(queue, chance), at: 0 };
  const natural = queue.items.map((_, position) => position);
  return { ...queue, isShuffled, order: natural, at: queue.order[queue.at] ?? 0 };
}

const REPEATS: readonly Repeat[] = ['off', 'all', 'one'];

/** The one that a press on `repeat` leads to. */
export function repeatAfter(repeat: Repeat): Repeat {
  return REPEATS[(REPEATS.indexOf(repeat) + 1) % REPEATS.length] ?? 'off';
}

function itemAt<T>(queue: Queue<T>, position: number): T | undefined {
  const index = queue.order[position];
  return index === undefined ? undefined : queue.items[index];
}

function shuffledAround(queue: Queue<unknown>, chance: Chance): number[] {
  const first = queue.order[queue.at] ?? 0;
  return [
    first,
    ...permuted(
      queue.order.toSorted((a, b) => a - b).filter((index) => index !== first),
      chance,
    ),
  ];
}

/** Another round. What was heard last does not come first again. */
function shuffledAnew(order: readonly number[], chance: Chance): number[] {
  const last = order.at(-1);
  const round = permuted(
    order.toSorted((a, b) => a - b),
    chance,
  );
  if (round.length > 1 && round[0] === last) round.push(...round.splice(0, 1));
  return round;
}

/** Fisher and Yates. */
function permuted(indexes: readonly number[], chance: Chance): number[] {
  const result = [...indexes];
  for (let end = result.length - 1; end > 0; end -= 1) {
    const pick = Math.min(end, Math.floor(chance() * (end + 1)));
    const [picked, last] = [result[pick], result[end]];
    if (picked === undefined || last === undefined) continue;
    result[pick] = last;
    result[end] = picked;
  }
  return result;
}
