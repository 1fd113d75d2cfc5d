import { asProblem, Problem, problemOf } from '../api/problem';
import { type Granted, isGranted } from './tabs';

/** Other tabs may be waiting for their turn meanwhile. */
const PATIENCE_MS = 15_000;

/** One of the requests that grant a session. */
export async function askForSession(what: 'register' | 'login' | 'refresh', body?: object): Promise<Granted> {
  const answered = await post(what, body);
  // A captive portal answers 200 to everything.
  if (!isGranted(answered)) throw new Problem(502, 'unknown', 'The server answered nonsense. Try again in a while.');
  return answered;
}

export async function askForLogOut(): Promise<void> {
  await post('logout');
}

async function post(what: string, body?: object): Promise<unknown> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new DOMException('no answer in time', 'TimeoutError')), PATIENCE_MS);
  const request: RequestInit = { method: 'POST', signal: patience.signal };
  if (body) {
    request.body = JSON.stringify(body);
    request.headers = { 'content-type': 'application/json' };
  }
  try {
    const response = await fetch(`/api/v1/auth/${what}`, request);
    const answered: unknown = response.status === 204 ? undefined : await json(response);
    if (!response.ok) throw problemOf(response, answered);
    return answered;
  } catch (thrown) {
    throw asProblem(thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** What is no JSON is no answer of ours; a connection that broke off is told as such. */
async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
