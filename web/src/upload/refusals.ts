import { bytes, plural } from '../ui/format';

/** What the server takes. Undefined where it is not known; then the reservation is refused. */
export interface Limits {
  readonly maxUploadBytes: number | undefined;
  /** Extensions without the dot, in lower case. */
  readonly sourceTypes: readonly string[] | undefined;
}

export type Reason = 'type' | 'size' | 'empty' | 'name' | 'twice' | 'many';

export interface Refusal {
  readonly filename: string;
  readonly reason: Reason;
}

/** As the server counts it. */
const LONGEST_FILENAME = 255;
/** So many names are read; more are counted. */
const NAMED = 4;

/** Why a file is not taken, found out before a byte of it is sent. */
export function refusalOf({ name, size }: { name: string; size: number }, limits: Limits): Reason | undefined {
  if (limits.sourceTypes && !limits.sourceTypes.includes(extensionOf(name))) return 'type';
  if (size === 0) return 'empty';
  if (limits.maxUploadBytes !== undefined && size > limits.maxUploadBytes) return 'size';
  return [...name].length > LONGEST_FILENAME ? 'name' : undefined;
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

export interface Told {
  readonly reason: Reason;
  /** `cover.jpg, notes.txt and 12 more` */
  readonly files: string;
  /** What is wrong with them, and what would be right. */
  readonly why: string;
}

/** All refusals of one drop, each reason once. */
export function tell(refusals: readonly Refusal[], limits: Limits): Told[] {
  const reasons: Reason[] = ['size', 'type', 'empty', 'name', 'twice', 'many'];
  return reasons.flatMap((reason) => {
    const names = refusals.filter((refusal) => refusal.reason === reason).map(({ filename }) => filename);
    return names.length > 0 ? [{ reason, files: listed(names), why: whyOf(reason, limits) }] : [];
  });
}

function listed(names: readonly string[]): string {
  // One name more takes no more room than telling that there is one more.
  const shown = names.length <= NAMED + 1 ? names : names.slice(0, NAMED);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${plural(rest, 'other file')}` : shown.join(', ');
}

function whyOf(reason: Reason, limits: Limits): string {
  switch (reason) {
    case 'size':
      return `Too large. Segue takes files of up to ${atMost(limits.maxUploadBytes ?? 0)}.`;
    case 'type':
      return `Not a type that Segue takes. It takes ${(limits.sourceTypes ?? []).join(', ')}.`;
    case 'empty':
      return 'There is nothing in it.';
    case 'name':
      return `The name is too long. Rename it to at most ${LONGEST_FILENAME} characters.`;
    case 'twice':
      return 'It is being sent already.';
    case 'many':
      return 'Too many files at once. Add the rest when these are sent.';
  }
}

/** Rounded down, so that what is promised is also taken. */
function atMost(limit: number): string {
  const unit = 1000 ** Math.max(0, Math.floor(Math.log10(Math.max(limit, 1)) / 3));
  const steps = limit / unit >= 99 ? 1 : 10;
  return bytes((Math.floor((limit / unit) * steps) / steps) * unit);
}
