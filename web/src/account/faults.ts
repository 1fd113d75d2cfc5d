import type { Problem } from '../api/problem';
import { timeLeft } from '../ui/format';

/** What is wrong, by the name of the field; what belongs to none is `form`. */
export type Faults<Field extends string> = Partial<Record<Field | 'form', string>>;

/** Says a server's problem at the field that its code belongs to. */
export function faultsOf<Field extends string>(
  problem: Problem,
  fields: Readonly<Record<string, Field>>,
): Faults<Field> {
  const place: Field | 'form' = fields[problem.code] ?? 'form';
  const faults: Faults<Field> = {};
  faults[place] = words(problem);
  return faults;
}

function words({ status, message, retryAfterSeconds }: Problem): string {
  if (status !== 429 || retryAfterSeconds === undefined) return message;
  return `That was tried too often. Try again in ${timeLeft(Math.max(1, retryAfterSeconds))}.`;
}

/** Only what can be no address is refused: the server's rule. */
export function emailFault(email: string): string | undefined {
  return /^[^@\s]+@[^@\s]+$/.test(email.trim()) ? undefined : 'Enter an email address, like name@example.com.';
}

export const PASSWORD_RULE = '8 to 256 characters. A few words that belong together only for you are good.';

export function newPasswordFault(password: string): string | undefined {
  // As people count them: a letter outside of the basic plane is one.
  const length = [...password].length;
  if (length < 8) return `Take at least 8 characters; ${length === 0 ? 'there is none yet' : `these are ${length}`}.`;
  return length > 256 ? `Take at most 256 characters; these are ${length}.` : undefined;
}

export function passwordFault(password: string): string | undefined {
  return password === '' ? 'Enter your password.' : undefined;
}

/** Without the fields in which nothing is wrong. */
export function faultsIn<Field extends string>(checked: Record<Field, string | undefined>): Faults<Field> {
  const wrong = Object.entries<string | undefined>(checked).filter(([, fault]) => fault !== undefined);
  return Object.fromEntries(wrong) as Faults<Field>;
}
