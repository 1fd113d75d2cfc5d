import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { session } from '../session/session';
import { NotFound, Unreachable } from './failures';
import { ownPath } from './ownPath';

const root = createRootRoute({
  beforeLoad: () => session.begin(),
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Unreachable,
});

const withNext = (search: Record<string, unknown>): { next?: string } => {
  const next = ownPath(search.next);
  return next ? { next } : {};
};

/** Who is logged in has nothing to do on these pages. */
const onlyOut = ({ search }: { search: { next?: string } }) => {
  if (session.state.status === 'in') throw redirect({ href: search.next ?? '/', replace: true });
};

const logIn = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: withNext,
  beforeLoad: onlyOut,
  component: lazyRouteComponent(() => import('../account/LogIn'), 'LogIn'),
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: withNext,
  beforeLoad: onlyOut,
  component: lazyRouteComponent(() => import('../account/Register'), 'Register'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: ({ location }) => {
    const next = location.href;
    if (session.state.status !== 'in') throw redirect({ to: '/login', search: next === '/' ? {} : { next } });
  },
  // Who has to log in first does not wait for it.
  component: lazyRouteComponent(() => import('./Shell'), 'UsersShell'),
});

const library = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { q?: string; state?: string; sort?: string } => {
    const text = (name: string) => (typeof search[name] === 'string' && search[name] ? { [name]: search[name] } : {});
    return { ...text('q'), ...text('state'), ...text('sort') };
  },
  component: lazyRouteComponent(() => import('../library/LibraryPage'), 'LibraryPage'),
});

const account = createRoute({
  getParentRoute: () => shell,
  path: '/account',
  component: lazyRouteComponent(() => import('../account/AccountPage'), 'AccountPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([logIn, register, shell.addChildren([library, account])]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

let before = session.state;
// A session that begins or ends moves its page.
session.subscribe(() => {
  const { state } = session;
  const was = before;
  before = state;
  // The page is being opened, and waits for this itself.
  if (was.status === 'unknown') return;
  // Whoever logs out leaves nothing behind for the next, not even what was searched for.
  if (was.status === 'in' && state.status === 'out' && !state.isExpired) {
    void router.navigate({ to: '/login', search: {}, replace: true });
  } else {
    // To log in, and back to where it was.
    void router.invalidate();
  }
});
