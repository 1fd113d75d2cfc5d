const KEY = 'segue.session';

/**
 * Whether this browser has the cookie that no script can see. Without it a first visit would begin with a refused
 * request, and nobody could tell a session that ran out from one that never was. `undefined`: storage is refused.
 */
export function isHinted(): boolean | undefined {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return undefined;
  }
}

export function hint(isIn: boolean): void {
  try {
    if (isIn) localStorage.setItem(KEY, 'in');
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage each visit begins by asking.
  }
}
