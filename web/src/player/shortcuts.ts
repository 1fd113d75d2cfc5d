export type Command =
  | 'toggle'
  | 'back'
  | 'forward'
  | 'mute'
  | 'louder'
  | 'quieter'
  | 'next'
  | 'previous'
  | 'repeat'
  | 'shuffle'
  | 'help';

export interface Shortcut {
  /** As they are printed on a keyboard. */
  keys: readonly string[];
  does: string;
}

/** What the sheet says. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Space', 'K'], does: 'Play or pause' },
  { keys: ['J', '←'], does: 'Back 10 or 5 seconds' },
  { keys: ['L', '→'], does: 'Forward 10 or 5 seconds' },
  { keys: ['N', 'Shift →'], does: 'Next' },
  { keys: ['P', 'Shift ←'], does: 'Previous, or back to the beginning' },
  { keys: ['Shift ↑', 'Shift ↓'], does: 'Louder, quieter; in the player without Shift' },
  { keys: ['M'], does: 'Sound off or on' },
  { keys: ['R'], does: 'Repeat: off, all, one' },
  { keys: ['S'], does: 'Shuffle' },
  { keys: ['?'], does: 'This list' },
];

/** In seconds. */
const STEP = 5;
const LEAP = 10;

export interface Press {
  command: Command;
  /** Of `back` and `forward`, in seconds. */
  seconds?: number;
}

/** So much of a `KeyboardEvent` as is needed. */
export interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** What a key means, wherever it is pressed. `isInPlayer`: the focus is in the dock, where no page scrolls by arrows. */
export function pressOf({ key, shiftKey, ctrlKey, altKey, metaKey }: Key, isInPlayer: boolean): Press | null {
  if (ctrlKey || altKey || metaKey) return null;
  if (key === '?') return { command: 'help' };
  switch (key) {
    case 'ArrowLeft':
      return shiftKey ? { command: 'previous' } : { command: 'back', seconds: STEP };
    case 'ArrowRight':
      return shiftKey ? { command: 'next' } : { command: 'forward', seconds: STEP };
    case 'ArrowUp':
      return shiftKey || isInPlayer ? { command: 'louder' } : null;
    case 'ArrowDown':
      return shiftKey || isInPlayer ? { command: 'quieter' } : null;
  }
  if (shiftKey) return null;
  switch (key.toLowerCase()) {
    case ' ':
    case 'k':
      return { command: 'toggle' };
    case 'j':
      return { command: 'back', seconds: LEAP };
    case 'l':
      return { command: 'forward', seconds: LEAP };
    case 'm':
      return { command: 'mute' };
    case 'n':
      return { command: 'next' };
    case 'p':
      return { command: 'previous' };
    case 'r':
      return { command: 'repeat' };
    case 's':
      return { command: 'shuffle' };
    default:
      return null;
  }
}

/** Where every key has a meaning of its own. */
const TYPING =
  'input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=""], [contenteditable=true]';
const BUSY = '[role=menu], [role=dialog], [role=alertdialog], [role=listbox], [role=textbox], [role=combobox]';
/** What takes arrows by itself, and what the space bar presses. */
const TAKES_ARROWS = 'input, [role=slider], [role=radiogroup], [role=tablist], [role=grid], [role=toolbar]';
const TAKES_SPACE =
  'button, a[href], summary, input:not([type=range]), [role=button], [role=switch], [role=checkbox], [role=tab]';

/** Whether the key is for what has the focus, and not for the player. */
export function isTaken({ key, shiftKey }: Pick<Key, 'key' | 'shiftKey'>, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest(TYPING) || target.closest(BUSY)) return true;
  if (key === ' ') return target.closest(TAKES_SPACE) !== null;
  return key.startsWith('Arrow') && !shiftKey && target.closest(TAKES_ARROWS) !== null;
}
