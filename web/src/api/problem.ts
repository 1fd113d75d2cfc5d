/** What went wrong with a request, in words for people. `code` is stable: see docs/API.md. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  readonly code: string;
  /** What an operator finds in the log. */
  readonly requestId: string | undefined;
  /** How long the server asks to wait, where it does. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, requestId?: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may well pass later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

interface Body {
  code?: unknown;
  detail?: unknown;
  request_id?: unknown;
}

/** Reads RFC 9457; whatever else comes, as from a proxy in between, is told by its status. */
export function problemOf(response: Response, body: unknown): Problem {
  const { code, detail, request_id } = (typeof body === 'object' && body !== null ? body : {}) as Body;
  const requestId = typeof request_id === 'string' ? request_id : (response.headers.get('x-request-id') ?? undefined);
  const retryAfter = secondsOf(response.headers.get('retry-after'));
  if (typeof code !== 'string' || typeof detail !== 'string') {
    const message = `The server answered ${response.status}. Try again in a while.`;
    return new Problem(response.status, 'unknown', message, requestId, retryAfter);
  }
  return new Problem(response.status, code, sentence(detail), requestId, retryAfter);
}

/** What was thrown, as a problem: fetch throws a `TypeError` where there is no connection. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) {
    return new Problem(0, 'offline', 'Segue cannot be reached. Check your connection.');
  }
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    return new Problem(0, 'no_answer', 'Segue did not answer in time. Check your connection and try again.');
  }
  return new Problem(-1, 'unexpected', 'Something unexpected happened in this page. Reload it and try again.');
}

/** Proxies may send a date instead: then the wait is not worth the words. */
function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}

/** The server's messages are lower-case, to fit into any sentence. */
function sentence(text: string): string {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
