import { asProblem, type Problem } from '../api/problem';
import { Recovery, type Step, type Trouble } from './recovery';
import type { Playback } from './stream';

/** What a `Healer` does to what it cares for. */
export interface Cures {
  stop(): void;
  renew(): Promise<Playback>;
  load(playback: Playback | null): void;
  recover(isSwapped: boolean): void;
  /** `problem` is what the server said, where it said something. */
  giveUp(trouble: Trouble, problem?: Problem): void;
}

/** Does what `Recovery` says, at its time. */
export class Healer {
  readonly #recovery = new Recovery();
  readonly #cures: Cures;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting: Step | undefined;
  #isRenewing = false;
  #isOver = false;

  constructor(cures: Cures) {
    this.#cures = cures;
  }

  report(trouble: Trouble): void {
    if (this.#isOver) return;
    // One trouble shows itself in many requests.
    const isCaredFor = this.#isRenewing || this.#waiting !== undefined;
    if (isCaredFor && trouble !== 'media' && trouble !== 'other') return;
    const step = this.#recovery.next(trouble, performance.now());
    switch (step.do) {
      case 'recover':
      case 'swap':
        this.#cures.recover(step.do === 'swap');
        break;
      case 'give up':
        this.#giveUp(trouble);
        break;
      default:
        this.#cures.stop();
        this.#waiting = step;
        this.#timer = setTimeout(() => this.hurry(), step.afterMs);
    }
  }

  /** A request of our own has failed. */
  blame(thrown: unknown): void {
    const problem = asProblem(thrown);
    if (problem.isPassing) this.report('network');
    else this.#giveUp('other', problem);
  }

  loaded(): void {
    this.#recovery.loaded();
  }

  /** There is reason to think that waiting is of no more use: the network is back. */
  hurry(): void {
    const step = this.#waiting;
    if (!step || this.#isOver) return;
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    if (step.do === 'renew') void this.#renew();
    else this.#cures.load(null);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    this.#isRenewing = true;
    try {
      const playback = await this.#cures.renew();
      this.#isRenewing = false;
      if (!this.#isOver) this.#cures.load(playback);
    } catch (thrown) {
      this.#isRenewing = false;
      this.blame(thrown);
    }
  }

  #giveUp(trouble: Trouble, problem?: Problem): void {
    if (this.#isOver) return;
    this.end();
    this.#cures.giveUp(trouble, problem);
  }
}
