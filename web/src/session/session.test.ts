import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeChannel, FakeLocks, FakeServer } from './fakes';
import { Session } from './session';

const MINUTE = 60_000;
let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-21T12:00:00Z') });
  vi.stubGlobal('BroadcastChannel', FakeChannel);
  localStorage.clear();
  server = new FakeServer();
  hasLocks(true);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  FakeChannel.open = [];
  FakeChannel.said = [];
});

function hasLocks(are: boolean): void {
  if (are) Object.defineProperty(navigator, 'locks', { configurable: true, value: new FakeLocks() });
  else Reflect.deleteProperty(navigator, 'locks');
}

/** Everything that needs no time to pass. */
const settled = () => vi.advanceTimersByTimeAsync(0);
const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

async function loggedIn(): Promise<Session> {
  const tab = new Session();
  await tab.logIn('ada@example.com', 'a long password');
  await settled();
  return tab;
}

/** Another tab of the browser, in which somebody is logged in. */
async function tabBeside(): Promise<Session> {
  const tab = new Session();
  const begun = tab.begin();
  await wait(1000);
  await begun;
  return tab;
}

const code = (asked: Promise<unknown>) => asked.then(() => 'none').catch((thrown: { code: string }) => thrown.code);

describe('a page that is opened', () => {
  test('asks nothing on a first visit, and tells nobody that a session ran out', async () => {
    const tab = new Session();
    await tab.begin();
    expect(tab.state).toEqual({ status: 'out', isExpired: false });
    expect(server.asked).toEqual([]);
  });

  test('goes on with the session that the cookie carries, and asks once for it however often it is begun', async () => {
    server.hasSession();
    localStorage.setItem('segue.session', 'in');
    const tab = new Session();
    await Promise.all([tab.begin(), tab.begin()]);
    expect(tab.state).toEqual({ status: 'in', user: server.user });
    expect(server.count('refresh')).toBe(1);
  });

  test('says that the session ran out, where there was one', async () => {
    localStorage.setItem('segue.session', 'in');
    const tab = new Session();
    await tab.begin();
    expect(tab.state).toEqual({ status: 'out', isExpired: true });
    expect(localStorage.getItem('segue.session')).toBeNull();
  });

  test('knows nothing where the server cannot be reached, and finds the session later', async () => {
    server.hasSession();
    localStorage.setItem('segue.session', 'in');
    const tab = new Session();
    server.trouble = 'offline';
    expect(await code(tab.begin())).toBe('offline');
    expect(tab.state).toEqual({ status: 'unknown' });
    server.trouble = 'none';
    await tab.begin();
    expect(tab.state.status).toBe('in');
  });

  test('asks where storage is refused, and is not told of a session that it never had', async () => {
    vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new DOMException('no', 'SecurityError');
    });
    const tab = new Session();
    await tab.begin();
    expect(tab.state).toEqual({ status: 'out', isExpired: false });
    expect(server.count('refresh')).toBe(1);
  });
});

describe('a token', () => {
  test('is kept in memory alone', async () => {
    const tab = await loggedIn();
    const stored = Object.entries(localStorage).concat(Object.entries(sessionStorage));
    expect(stored).toEqual([['segue.session', 'in']]);
    expect(document.cookie).toBe('');
    expect(await tab.token()).toContain('access-');
  });

  test('is used until shortly before its end, then renewed once for all who ask', async () => {
    const tab = await loggedIn();
    const first = await tab.token();
    await wait(14 * MINUTE);
    expect(await tab.token()).toBe(first);
    await wait(MINUTE);
    const [one, other] = await Promise.all([tab.token(), tab.token()]);
    expect(one).not.toBe(first);
    expect(other).toBe(one);
    expect(server.count('refresh')).toBe(1);
  });

  test('that is new draws nothing anew', async () => {
    const tab = await loggedIn();
    const before = tab.state;
    const listener = vi.fn();
    tab.subscribe(listener);
    await wait(15 * MINUTE);
    await tab.token();
    expect(server.count('refresh')).toBe(1);
    expect(listener).not.toHaveBeenCalled();
    expect(tab.state).toBe(before);
  });

  test('that was refused although it seemed fresh is renewed', async () => {
    const tab = await loggedIn();
    const first = await tab.token();
    const second = await tab.token(first);
    expect(second).not.toBe(first);
    // A second request that was refused with the first token goes on with what the renewal brought.
    expect(await tab.token(first)).toBe(second);
    expect(server.count('refresh')).toBe(1);
  });

  test('that was refused is not taken again from a tab that does not know it yet', async () => {
    hasLocks(false);
    const [tab, other] = [await loggedIn(), await tabBeside()];
    const first = await tab.token();
    server.hold();
    const renewed = other.token(first);
    await settled();
    // A third is opened, and is told what the first one has.
    new FakeChannel('segue.session').postMessage({ kind: 'asked' });
    await settled();
    const second = other.token();
    server.letThrough(0);
    expect(await second).not.toBe(first);
    expect(await renewed).toBe(await second);
  });

  test('is renewed after its time although the clock was set back meanwhile', async () => {
    const tab = await loggedIn();
    const first = await tab.token();
    await wait(20 * MINUTE);
    vi.setSystemTime(new Date('2026-11-21T09:00:00Z'));
    const second = await tab.token(first);
    expect(second).not.toBe(first);
    expect(await tab.token()).toBe(second);
  });

  test('is not asked for where nobody is logged in', async () => {
    const tab = new Session();
    await tab.begin();
    expect(await code(tab.token())).toBe('session_over');
    expect(server.asked).toEqual([]);
  });
});

describe('a renewal', () => {
  test('that is refused ends the session, in all tabs', async () => {
    const [tab, other] = [await loggedIn(), await tabBeside()];
    server.endSession();
    await wait(15 * MINUTE);
    expect(await code(tab.token())).toBe('session_over');
    await settled();
    expect(tab.state).toEqual({ status: 'out', isExpired: true });
    expect(other.state).toEqual({ status: 'out', isExpired: true });
  });

  test.each(['offline', 500, 429] as const)('that meets trouble (%s) ends nothing', async (trouble) => {
    const tab = await loggedIn();
    await wait(15 * MINUTE);
    server.trouble = trouble;
    expect(await code(tab.token())).not.toBe('none');
    expect(tab.state.status).toBe('in');
    server.trouble = 'none';
    expect(await tab.token()).toContain('access-');
  });

  test('that is not answered is given up after a while', async () => {
    const tab = await loggedIn();
    await wait(15 * MINUTE);
    server.trouble = 'silent';
    const asked = code(tab.token());
    await wait(15_000);
    expect(await asked).toBe('no_answer');
    expect(tab.state.status).toBe('in');
  });

  test.each([true, false])('is one for all tabs (with locks: %s)', async (are) => {
    hasLocks(are);
    const tabs = [await loggedIn(), await tabBeside(), await tabBeside()];
    const before = server.count('refresh');
    await wait(15 * MINUTE);
    // With locks they may all want one at once; without, they want it one after the other.
    const tokens = are
      ? await Promise.all(tabs.map((tab) => tab.token()))
      : await tabs.reduce<Promise<string[]>>(async (list, tab) => {
          const sofar = await list;
          const asked = tab.token();
          await wait(1000);
          return [...sofar, await asked];
        }, Promise.resolve([]));
    expect(new Set(tokens).size).toBe(1);
    expect(server.count('refresh') - before).toBe(1);
  });

  test('at once in tabs without locks leaves all of them logged in', async () => {
    hasLocks(false);
    const tabs = [await loggedIn(), await tabBeside()];
    await wait(15 * MINUTE);
    const asked = tabs.map((tab) => tab.token());
    await wait(1000);
    await Promise.all(asked);
    for (const tab of tabs) expect(tab.state.status).toBe('in');
  });

  test('is not needed by a tab without locks that is opened beside another', async () => {
    hasLocks(false);
    await loggedIn();
    const other = await tabBeside();
    expect(other.state.status).toBe('in');
    expect(server.count('refresh')).toBe(0);
  });

  test('does not wait for ever for a frozen tab that holds the lock', async () => {
    const tab = await loggedIn();
    await wait(15 * MINUTE);
    void navigator.locks.request('segue.session', {}, () => new Promise(() => undefined)).catch(() => undefined);
    const asked = tab.token();
    await wait(10_000);
    expect(await asked).toContain('access-');
  });
});

describe('logging out', () => {
  test('reaches the other tabs, which say nothing of a session that ran out', async () => {
    const [tab, other] = [await loggedIn(), await tabBeside()];
    await tab.logOut();
    await settled();
    for (const each of [tab, other]) expect(each.state).toEqual({ status: 'out', isExpired: false });
    expect(localStorage.getItem('segue.session')).toBeNull();
  });

  test('ends nothing where the server cannot be reached, for the cookie is still there', async () => {
    const tab = await loggedIn();
    server.trouble = 'offline';
    expect(await code(tab.logOut())).toBe('offline');
    expect(tab.state.status).toBe('in');
  });

  test.each([
    { locks: true, order: [0, 1] },
    { locks: false, order: [0, 1] },
    { locks: false, order: [1, 0] },
  ])('while another tab renews stays logged out: %o', async ({ locks, order }) => {
    hasLocks(locks);
    const [tab, other, third] = [await loggedIn(), await tabBeside(), await tabBeside()];
    await wait(15 * MINUTE);
    server.hold();
    const renewed = code(other.token());
    await wait(500);
    const out = tab.logOut();
    await settled();
    for (const which of order) {
      server.letThrough(which);
      await wait(10);
    }
    await out;
    await renewed;
    await settled();
    for (const each of [tab, other, third]) expect(each.state).toEqual({ status: 'out', isExpired: false });
  });

  test('is seen by a page that was kept for the way back and heard nothing', async () => {
    const tab = await loggedIn();
    localStorage.removeItem('segue.session');
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    expect(tab.state).toEqual({ status: 'out', isExpired: false });
  });

  test('is not undone by a grant of before that comes late', async () => {
    const tab = await loggedIn();
    const late = FakeChannel.said.at(-1);
    await wait(1000);
    await tab.logOut();
    new FakeChannel('segue.session').postMessage(late);
    await settled();
    expect(tab.state.status).toBe('out');
  });
});

describe('another tab', () => {
  test('logs in for this one as well, as whoever it is', async () => {
    const tab = await loggedIn();
    const other = await tabBeside();
    await wait(1000);
    await tab.logOut();
    await wait(1000);
    server.user = { ...server.user, id: 'u2', email: 'grace@example.com' };
    await tab.logIn('grace@example.com', 'another password');
    await settled();
    expect(other.state).toEqual({ status: 'in', user: server.user });
    expect(await other.token()).toBe(await tab.token());
  });

  test('whose refresh is refused does not log this one out, which logged in meanwhile', async () => {
    hasLocks(false);
    const [tab, other] = [await loggedIn(), await tabBeside()];
    server.endSession();
    await wait(15 * MINUTE);
    server.hold();
    const refused = code(other.token());
    await wait(500);
    const entered = tab.logIn('ada@example.com', 'a long password');
    await settled();
    server.letThrough(1);
    await entered;
    server.letThrough(0);
    await refused;
    await settled();
    expect(tab.state.status).toBe('in');
    expect(other.state.status).toBe('in');
    expect(localStorage.getItem('segue.session')).toBe('in');
  });

  test('of another version of this page is not understood, and changes nothing', async () => {
    const tab = await loggedIn();
    const stranger = new FakeChannel('segue.session');
    const at = Date.now() + 1;
    const granted = { access_token: 7, expires_in_seconds: 900, user: server.user };
    for (const said of [null, 'out', {}, { kind: 'bye', at }, { kind: 'out' }, { kind: 'granted', at, granted }]) {
      stranger.postMessage(said);
    }
    await settled();
    expect(tab.state).toEqual({ status: 'in', user: server.user });
    expect(await tab.token()).toContain('access-');
  });
});

test('a refused token of before does not end the session that has begun since', async () => {
  const tab = await loggedIn();
  const first = await tab.token();
  const second = await tab.token(first);
  tab.expire(first);
  expect(tab.state.status).toBe('in');
  tab.expire(second);
  expect(tab.state).toEqual({ status: 'out', isExpired: true });
});

test('a page in between that answers 200 to everything logs nobody in', async () => {
  const tab = new Session();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>pay first</html>')));
  expect(await code(tab.logIn('ada@example.com', 'a long password'))).toBe('unknown');
  expect(tab.state.status).toBe('unknown');
});
