import { expect, test } from 'vitest';
import { asProblem, Problem, problemOf } from './problem';

const answered = (status: number, headers: Record<string, string> = {}) => new Response(null, { status, headers });

test('a problem of the server is told in its words, as a sentence', () => {
  const problem = problemOf(answered(409), { code: 'email_taken', detail: 'log in instead', request_id: 'r1' });
  expect(problem).toMatchObject({ status: 409, code: 'email_taken', message: 'Log in instead.', requestId: 'r1' });
});

test('what comes from something in between is told by its status', () => {
  for (const body of [undefined, 'bad gateway', null, { error: 'x' }, { code: 7, detail: 'x' }]) {
    const problem = problemOf(answered(502, { 'x-request-id': 'r2' }), body);
    expect(problem).toMatchObject({ code: 'unknown', requestId: 'r2' });
    expect(problem.message).toContain('502');
  }
});

test('how long to wait is known where it is a number of seconds', () => {
  const wait = (value: string) => problemOf(answered(429, { 'retry-after': value }), undefined).retryAfterSeconds;
  expect(wait('30')).toBe(30);
  expect(wait('Sat, 21 Nov 2026 12:00:00 GMT')).toBeUndefined();
  expect(wait('-1')).toBeUndefined();
});

test('what is thrown without an answer tells whether it is the connection', () => {
  expect(asProblem(new TypeError('Failed to fetch')).code).toBe('offline');
  expect(asProblem(new DOMException('late', 'TimeoutError')).code).toBe('no_answer');
  expect(asProblem(new Error('a bug')).code).toBe('unexpected');
  const problem = new Problem(404, 'not_found', 'There is no such upload.');
  expect(asProblem(problem)).toBe(problem);
});

test('the same request may pass later where the fault was not its own', () => {
  const passing = (status: number) => new Problem(status, 'c', 'm').isPassing;
  expect([0, 429, 500, 503].every(passing)).toBe(true);
  expect([-1, 400, 401, 404, 409].some(passing)).toBe(false);
});
