import { session } from '../session/session';

/** Only the session is asked for, so that tests can give another. */
type Tokens = Pick<typeof session, 'token' | 'expire'>;

/**
 * Asks with the token of who is logged in. One that is refused although it seemed fresh is renewed, and the request made
 * once more: the server refused it before it did anything. If that is refused as well, the session is over.
 */
export async function fetchAsUser(request: Request, tokens: Tokens = session): Promise<Response> {
  const token = await tokens.token();
  const again = request.clone();
  const response = await fetch(withToken(request, token));
  if (response.status !== 401) return response;
  const renewed = await tokens.token(token);
  const last = await fetch(withToken(again, renewed));
  if (last.status === 401) tokens.expire(renewed);
  return last;
}

function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}
