/** Who waits for a turn: first come, first served, and some before all others. */
export class Line {
  #urgent: string[] = [];
  #keys: string[] = [];
  /** Of `#keys`: those before it have had their turn. Taking the first of 10,000 off an array moves all others. */
  #next = 0;

  last(key: string): void {
    this.#keys.push(key);
  }

  first(key: string): void {
    this.#urgent.push(key);
  }

  /** The next that still waits. Who has left in the meantime is passed over, so nobody needs to be taken out. */
  take(isWaiting: (key: string) => boolean): string | undefined {
    for (;;) {
      const key = this.#urgent.shift() ?? this.#keys[this.#next++];
      if (key === undefined) {
        this.#keys = [];
        this.#next = 0;
        return undefined;
      }
      if (isWaiting(key)) return key;
    }
  }
}
