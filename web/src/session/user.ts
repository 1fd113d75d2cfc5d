import { session } from './session';

/** Whoever is logged in. */
export function userId(): string | undefined {
  return session.state.status === 'in' ? session.state.user.id : undefined;
}

/** Calls back when somebody else is logged in, or nobody; returns how to end it. A new token of the same user is no change. */
export function followUser(onChange: (user: string | undefined, before: string | undefined) => void): () => void {
  let user = userId();
  return session.subscribe(() => {
    const before = user;
    user = userId();
    if (user !== before) onChange(user, before);
  });
}
