import { session } from '../session/session';
import { Problem } from './problem';

/** Only so much of the session, so that tests can give another. */
type Login = Pick<typeof session, 'state' | 'token' | 'expire'>;

/**
 * Asks with the token of who is logged in. One that is refused although it seemed fresh is renewed, and the request made
 * once more: the server refused it before it did anything. If that is refused as well, the session is over.
 */
export async function fetchAsUser(request: Request, login: Login = session): Promise<Response> {
  const user = userOf(login);
  // The cookie may be another user's by now, who must not be given what this one wanted to have done.
  const own = (token: string) => {
    if (user === undefined || user === userOf(login)) return token;
    throw new Problem(401, 'session_over', 'Your session is over. Log in again.');
  };
  const token = own(await login.token());
  const again = request.clone();
  const response = await fetch(withToken(request, token));
  if (response.status !== 401) return response;
  const renewed = own(await login.token(token));
  const last = await fetch(withToken(again, renewed));
  if (last.status === 401) login.expire(renewed);
  return last;
}

function userOf({ state }: Login): string | undefined {
  return state.status === 'in' ? state.user.id : undefined;
}

function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}
