import { expect, test } from 'vitest';
import { Problem } from '../api/problem';
import { emailFault, faultsIn, faultsOf, newPasswordFault } from './faults';

const fields = { email_taken: 'email', bad_password: 'password' } as const;

test('a problem stands at the field that it belongs to, and any other over the form', () => {
  const taken = new Problem(409, 'email_taken', 'There is an account for this address; log in instead.');
  expect(faultsOf(taken, fields)).toEqual({ email: 'There is an account for this address; log in instead.' });
  const offline = new Problem(0, 'offline', 'Segue cannot be reached.');
  expect(faultsOf(offline, fields)).toEqual({ form: 'Segue cannot be reached.' });
});

test('who tried too often is told when to try again', () => {
  const often = (seconds?: number) => new Problem(429, 'too_many_requests', 'Later.', undefined, seconds);
  expect(faultsOf(often(700), fields).form).toBe('That was tried too often. Try again in 12 minutes.');
  expect(faultsOf(often(0), fields).form).toBe('That was tried too often. Try again in a few seconds.');
  expect(faultsOf(often(), fields).form).toBe('Later.');
});

test('only what can be no address is refused', () => {
  for (const address of ['a@b', ' ada@example.com ', 'josé@exämple.com']) expect(emailFault(address)).toBeUndefined();
  for (const address of ['', 'ada', '@b', 'a@', 'a@b@c', 'a b@c']) expect(emailFault(address), address).toBeDefined();
});

test('a new password has 8 to 256 characters, as people count them', () => {
  for (const good of ['12345678', '🎵'.repeat(8), 'x'.repeat(256)]) expect(newPasswordFault(good)).toBeUndefined();
  expect(newPasswordFault('🎵'.repeat(7))).toContain('these are 7');
  expect(newPasswordFault('x'.repeat(257))).toContain('these are 257');
  expect(newPasswordFault('')).toContain('none yet');
});

test('fields in which nothing is wrong are not named', () => {
  expect(faultsIn({ email: undefined, password: 'Enter your password.' })).toEqual({
    password: 'Enter your password.',
  });
});
