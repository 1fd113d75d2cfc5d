import { vi } from 'vitest';

/** Tabs that hear each other a moment later, as in a browser. */
export class FakeChannel extends EventTarget {
  static open: FakeChannel[] = [];
  static said: unknown[] = [];
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
    FakeChannel.open.push(this);
  }

  postMessage(data: unknown): void {
    FakeChannel.said.push(data);
    for (const other of FakeChannel.open) {
      if (other !== this && other.name === this.name) {
        queueMicrotask(() => other.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) })));
      }
    }
  }
}

/** Web Locks with one lock. */
export class FakeLocks {
  #last: Promise<unknown> = Promise.resolve();

  request<T>(_name: string, { signal }: { signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
    const turn = Promise.race([before, aborted]).then(work);
    this.#last = Promise.allSettled([before, turn]);
    return turn;
  }
}

interface Asked {
  what: string;
  cookie: string;
}

/** The rules of `/api/v1/auth`, with one account, and the browser's cookie. */
export class FakeServer {
  /** Of the session's tokens, oldest first: the last is in force, the one before it is borne with. */
  #tokens: string[] = [];
  #cookie = '';
  #count = 0;
  #held: (() => void)[] | undefined;
  readonly asked: Asked[] = [];
  user = { id: 'u1', email: 'ada@example.com', created_at: '2026-11-21T12:00:00.000Z' };
  /** What stands in the way of every answer. */
  trouble: 'none' | 'offline' | 'silent' | 500 | 429 = 'none';

  constructor() {
    vi.stubGlobal('fetch', (path: string, request: RequestInit) =>
      this.#fetch(path.replace('/api/v1/auth/', ''), request),
    );
  }

  /** Someone logged in before this page was opened. */
  hasSession(): void {
    this.#begin();
  }

  /** By the operator, or by a new password elsewhere. */
  endSession(): void {
    this.#tokens = [];
  }

  /** From now on requests reach the server when they are let through, though with the cookie of when they were sent. */
  hold(): void {
    this.#held = [];
  }

  letThrough(which: number): void {
    this.#held?.[which]?.();
  }

  count(what: string): number {
    return this.asked.filter((asked) => asked.what === what).length;
  }

  async #fetch(what: string, { signal }: RequestInit): Promise<Response> {
    const cookie = this.#cookie;
    this.asked.push({ what, cookie });
    if (this.trouble === 'offline') throw new TypeError('Failed to fetch');
    if (this.trouble === 'silent') {
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    }
    if (typeof this.trouble === 'number') return problem(this.trouble, 'internal');
    const held = this.#held;
    if (held) await new Promise<void>((resolve) => held.push(resolve));
    return this.#answer(what, cookie);
  }

  #answer(what: string, cookie: string): Response {
    if (what === 'login' || what === 'register') return this.#grant(this.#begin());
    const place = cookie === '' ? -1 : this.#tokens.indexOf(cookie);
    if (what === 'logout') {
      if (place >= 0) this.#tokens = [];
      this.#cookie = '';
      return new Response(null, { status: 204 });
    }
    if (place < 0) return problem(401, 'session_over');
    if (place < this.#tokens.length - 2) {
      // Somebody must have a copy of it.
      this.#tokens = [];
      return problem(401, 'session_over');
    }
    if (place === this.#tokens.length - 1) this.#rotate();
    return this.#grant(this.#tokens[0] ?? '');
  }

  #begin(): string {
    this.#tokens = [];
    return this.#rotate();
  }

  #rotate(): string {
    this.#count += 1;
    this.#cookie = `refresh-${this.#count}`;
    this.#tokens.push(this.#cookie);
    return this.#cookie;
  }

  #grant(session: string): Response {
    this.#count += 1;
    const access_token = `access-${this.#count}-of-${session}`;
    return Response.json({ access_token, expires_in_seconds: 900, user: this.user });
  }
}

function problem(status: number, code: string): Response {
  return Response.json({ status, code, detail: 'no' }, { status });
}
