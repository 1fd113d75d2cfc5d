/** A path of our own, or nothing: what stands in an address may come from anybody. */
export function ownPath(next: unknown): string | undefined {
  if (typeof next !== 'string' || !next.startsWith('/')) return undefined;
  // As a browser reads it: `//host`, `/\host` and a tab between the two slashes are all other places.
  const base = 'http://own.invalid';
  if (!URL.canParse(next, base)) return undefined;
  const { origin, pathname, search, hash } = new URL(next, base);
  return origin === base && !pathname.startsWith('//') ? pathname + search + hash : undefined;
}
