import { afterEach, expect, test, vi } from 'vitest';
import { fetchAsUser } from './fetchAsUser';

afterEach(() => vi.unstubAllGlobals());

/** A server that takes these tokens alone, and a session that has these, one after the other. */
function world(good: readonly string[], tokens: string[]) {
  const seen: { token: string | null; body: string }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const token = request.headers.get('authorization');
    seen.push({ token, body: await request.text() });
    return new Response(null, { status: good.some((known) => token === `Bearer ${known}`) ? 204 : 401 });
  });
  const expire = vi.fn();
  const token = vi.fn(async (refused?: string) => {
    if (refused !== undefined && refused === tokens[0]) tokens.shift();
    return tokens[0] ?? '';
  });
  return { seen, session: { token, expire } };
}

const request = () => new Request('http://segue.test/api/v1/me', { method: 'POST', body: '{"a":1}' });

test('a request carries the token of who is logged in', async () => {
  const { seen, session } = world(['t1'], ['t1']);
  expect((await fetchAsUser(request(), session)).status).toBe(204);
  expect(seen).toEqual([{ token: 'Bearer t1', body: '{"a":1}' }]);
});

test('with a token that is refused it is made once more with a new one, whole', async () => {
  const { seen, session } = world(['t2'], ['t1', 't2']);
  expect((await fetchAsUser(request(), session)).status).toBe(204);
  expect(seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  expect(session.expire).not.toHaveBeenCalled();
});

test('and not a third time: then the session is over', async () => {
  const { seen, session } = world([], ['t1', 't2']);
  expect((await fetchAsUser(request(), session)).status).toBe(401);
  expect(seen).toHaveLength(2);
  expect(session.expire).toHaveBeenCalledWith('t2');
});
