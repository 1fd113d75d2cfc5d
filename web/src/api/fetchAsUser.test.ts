import { afterEach, expect, test, vi } from 'vitest';
import type { SessionState } from '../session/session';
import { fetchAsUser } from './fetchAsUser';

afterEach(() => vi.unstubAllGlobals());

interface Grant {
  token: string;
  user: string;
}

const as = (user: string): SessionState => ({ status: 'in', user: { id: user, email: 'a@b', created_at: '' } });

/** A server that takes these tokens alone, and a session that is granted these, one after the other. */
function world(good: readonly string[], grants: Grant[]) {
  const seen: { token: string | null; body: string }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const token = request.headers.get('authorization');
    seen.push({ token, body: await request.text() });
    return new Response(null, { status: good.some((known) => token === `Bearer ${known}`) ? 204 : 401 });
  });
  const login = {
    state: as('ada'),
    expire: vi.fn(),
    token: async (refused?: string) => {
      if (refused !== undefined && refused === grants[0]?.token) grants.shift();
      login.state = as(grants[0]?.user ?? '');
      return grants[0]?.token ?? '';
    },
  };
  return { seen, login };
}

const request = () => new Request('http://segue.test/api/v1/me', { method: 'POST', body: '{"a":1}' });
const ada = (token: string): Grant => ({ token, user: 'ada' });

test('a request carries the token of who is logged in', async () => {
  const { seen, login } = world(['t1'], [ada('t1')]);
  expect((await fetchAsUser(request(), login)).status).toBe(204);
  expect(seen).toEqual([{ token: 'Bearer t1', body: '{"a":1}' }]);
});

test('with a token that is refused it is made once more with a new one, whole', async () => {
  const { seen, login } = world(['t2'], [ada('t1'), ada('t2')]);
  expect((await fetchAsUser(request(), login)).status).toBe(204);
  expect(seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  expect(login.expire).not.toHaveBeenCalled();
});

test('and not a third time: then the session is over', async () => {
  const { seen, login } = world([], [ada('t1'), ada('t2')]);
  expect((await fetchAsUser(request(), login)).status).toBe(401);
  expect(seen).toHaveLength(2);
  expect(login.expire).toHaveBeenCalledWith('t2');
});

test.each([
  { when: 'before it was sent', grants: [{ token: 't2', user: 'grace' }], sent: 0 },
  { when: 'after it was refused', grants: [ada('t1'), { token: 't2', user: 'grace' }], sent: 1 },
])('what one user wanted is not done in the name of another, who logged in $when', async ({ grants, sent }) => {
  const { seen, login } = world(['t2'], grants);
  await expect(fetchAsUser(request(), login)).rejects.toMatchObject({ code: 'session_over' });
  expect(seen).toHaveLength(sent);
});
