import { expect, test } from 'vitest';
import { ownPath } from './ownPath';

test('a path of our own is gone back to, with what was searched for', () => {
  for (const path of ['/', '/account', '/?q=caf%C3%A9&state=ready', '/#main']) expect(ownPath(path)).toBe(path);
});

test('other places are not gone to, however they are spelled', () => {
  const elsewhere = [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/..//evil.example',
  ];
  for (const next of [...elsewhere, 'javascript:alert(1)', 'account', '', 7, undefined]) {
    expect(ownPath(next), String(next)).toBeUndefined();
  }
});
