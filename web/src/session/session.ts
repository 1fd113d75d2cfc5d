import { asProblem, Problem } from '../api/problem';
import { alone, canTakeTurns } from './alone';
import { askForLogOut, askForSession } from './ask';
import { hint, isHinted } from './hint';
import { type Granted, type Message, Tabs, type User } from './tabs';

export type { User };

/** Who is logged in. `unknown` until the first refresh has been answered. */
export type SessionState = { status: 'unknown' } | { status: 'out'; isExpired: boolean } | { status: 'in'; user: User };

/** A token that ends sooner is renewed before it is used: it has to outlive the request's way. */
const RENEW_BEFORE_MS = 30_000;
/** How long other tabs have to say that they have a token, where tabs cannot take turns. */
const OTHERS_MS = 200;

const over = () => new Problem(401, 'session_over', 'Your session is over. Log in again.');

/**
 * The login of this browser, one for all its tabs. The refresh token is a cookie that no script can read; the access
 * token is kept in memory only, and told to the other tabs.
 *
 * Tabs hear of each other late and in any order, so whatever is known has the time at which it was so, and what is
 * older changes nothing: the answer to a refresh that was asked for before a log-out does not log in again.
 */
export class Session {
  #state: SessionState = { status: 'unknown' };
  #granted: Granted | undefined;
  /** Of our clock; the server's does not matter. */
  #renewAt = 0;
  /** When what is known was so. */
  #since = 0;
  #renewing: Promise<string> | undefined;
  #heard: (() => void) | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #tabs = new Tabs((message) => this.#hear(message));

  constructor() {
    // A page that was kept for the way back heard nothing meanwhile, and must not be seen after a log-out.
    globalThis.addEventListener('pageshow', ({ persisted }) => {
      if (persisted && isHinted() === false) this.#leave(Date.now(), false);
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Called before anything is shown. Throws where the server cannot be reached: then nothing is known. */
  async begin(): Promise<void> {
    if (this.#state.status !== 'unknown') return;
    if (isHinted() === false) {
      this.#leave(Date.now(), false);
      return;
    }
    await this.token().catch((thrown: unknown) => {
      if (asProblem(thrown).code !== 'session_over') throw thrown;
    });
  }

  async register(email: string, password: string): Promise<void> {
    await this.#enter('register', email, password);
  }

  async logIn(email: string, password: string): Promise<void> {
    await this.#enter('login', email, password);
  }

  /** In turn with renewing: a renewal that overlaps it would leave the tabs with a token of a session that is over. */
  async logOut(): Promise<void> {
    await alone(async () => {
      await askForLogOut();
      this.ended();
    });
  }

  /** The account or its session is gone: here and in the other tabs. */
  ended(): void {
    this.#depart(Date.now(), false);
  }

  /** The token is refused, and so is one that was asked for in its place. */
  expire(refused: string): void {
    // An answer that comes late says nothing about who is logged in by now.
    if (refused === this.#granted?.access_token) this.#depart(Date.now(), true);
  }

  /**
   * One that works for at least a few seconds. `refused`: one that seemed to, and did not; because our clock was set
   * back, or the server signs by another key now.
   */
  async token(refused?: string): Promise<string> {
    if (refused !== undefined && refused === this.#granted?.access_token) this.#renewAt = 0;
    if (this.#granted && this.#isFresh()) return this.#granted.access_token;
    this.#renewing ??= this.#renew(refused !== undefined).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(isRefused: boolean): Promise<string> {
    return alone(async () => {
      // What the others have may be refused for the same reason.
      if (!canTakeTurns() && !isRefused) await this.#askOthers();
      // Another tab may have been faster while we waited for our turn, or have logged out.
      if (this.#state.status !== 'out' && !this.#isFresh()) await this.#refresh();
      if (!this.#granted) throw over();
      return this.#granted.access_token;
    });
  }

  async #refresh(): Promise<void> {
    const at = Date.now();
    try {
      this.#share(await askForSession('refresh'), at);
    } catch (thrown) {
      if (asProblem(thrown).status !== 401) throw thrown;
      // Nobody who logged out elsewhere, or never was in, needs to be told that a session ran out.
      this.#depart(at, isHinted() ?? this.#state.status === 'in');
    }
  }

  async #enter(what: 'register' | 'login', email: string, password: string): Promise<void> {
    await alone(async () => {
      const granted = await askForSession(what, { email, password });
      this.#share(granted, Date.now());
    });
  }

  /** Until one has told a token, or time is up. Each refresh that is saved is one that cannot overtake another. */
  async #askOthers(): Promise<void> {
    if (!this.#tabs.areThere) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OTHERS_MS);
      this.#heard = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#tabs.tell({ kind: 'asked' });
    });
    this.#heard = undefined;
  }

  #hear(message: Message): void {
    if (message.kind === 'granted') this.#take(message.granted, message.at);
    else if (message.kind === 'out') this.#leave(message.at, message.isExpired);
    else if (this.#granted && this.#isFresh()) {
      this.#tabs.tell({ kind: 'granted', granted: this.#granted, at: this.#since });
    }
    if (message.kind !== 'asked') this.#heard?.();
  }

  #isFresh(): boolean {
    return Date.now() < this.#renewAt;
  }

  #share(granted: Granted, at: number): void {
    if (this.#take(granted, at)) this.#tabs.tell({ kind: 'granted', granted, at });
  }

  #depart(at: number, isExpired: boolean): void {
    if (this.#leave(at, isExpired)) this.#tabs.tell({ kind: 'out', isExpired, at });
  }

  #take(granted: Granted, at: number): boolean {
    // Told again by another tab, which may not know that it has been refused.
    if (granted.access_token === this.#granted?.access_token) return false;
    if (this.#isOld(at)) return false;
    this.#since = at;
    this.#granted = granted;
    this.#renewAt = at + granted.expires_in_seconds * 1000 - RENEW_BEFORE_MS;
    hint(true);
    const before = this.#state;
    // The same object for the same user, so that nothing is drawn anew for a new token.
    if (before.status !== 'in' || before.user.id !== granted.user.id) this.#set({ status: 'in', user: granted.user });
    return true;
  }

  #leave(at: number, isExpired: boolean): boolean {
    if (this.#isOld(at)) return false;
    this.#since = at;
    this.#granted = undefined;
    this.#renewAt = 0;
    hint(false);
    if (this.#state.status !== 'out') this.#set({ status: 'out', isExpired });
    return true;
  }

  /** What is known from a time to come is from a clock that was set back since; then the newest counts. */
  #isOld(at: number): boolean {
    return at < this.#since && this.#since <= Date.now();
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
