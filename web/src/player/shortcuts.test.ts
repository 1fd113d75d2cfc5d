import { afterEach, describe, expect, it } from 'vitest';
import { isTaken, pressOf } from './shortcuts';

const plain = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
const commandOf = (key: string, change = {}, isInPlayer = false) =>
  pressOf({ ...plain, key, ...change }, isInPlayer)?.command ?? null;

afterEach(() => document.body.replaceChildren());

function within(html: string): Element {
  document.body.innerHTML = html;
  const target = document.body.querySelector('[data-target]');
  if (!target) throw new Error('the test has no target');
  return target;
}

describe('a key', () => {
  it.each([
    [' ', 'toggle'],
    ['k', 'toggle'],
    ['K', 'toggle'],
    ['m', 'mute'],
    ['n', 'next'],
    ['p', 'previous'],
    ['r', 'repeat'],
    ['s', 'shuffle'],
    ['j', 'back'],
    ['l', 'forward'],
    ['ArrowLeft', 'back'],
    ['ArrowRight', 'forward'],
    ['?', 'help'],
    ['x', null],
    ['Tab', null],
  ])('%j means %s', (key, command) => {
    expect(commandOf(key)).toBe(command);
  });

  it('leaps by letter and steps by arrow', () => {
    expect(pressOf({ ...plain, key: 'l' }, false)?.seconds).toBe(10);
    expect(pressOf({ ...plain, key: 'ArrowLeft' }, false)?.seconds).toBe(5);
  });

  it('with shift goes to the next or the one before', () => {
    expect(commandOf('ArrowRight', { shiftKey: true })).toBe('next');
    expect(commandOf('ArrowLeft', { shiftKey: true })).toBe('previous');
  });

  it('changes the volume with shift, or in the player, so that the page can be scrolled', () => {
    expect(commandOf('ArrowUp')).toBeNull();
    expect(commandOf('ArrowUp', { shiftKey: true })).toBe('louder');
    expect(commandOf('ArrowDown', {}, true)).toBe('quieter');
  });

  it('is left to the browser with any other modifier', () => {
    for (const modifier of ['ctrlKey', 'altKey', 'metaKey']) {
      for (const key of ['r', 'l', 'ArrowLeft', '?']) expect(commandOf(key, { [modifier]: true })).toBeNull();
    }
  });
});

describe('what has the focus', () => {
  it.each([
    '<input data-target>',
    '<input type="search" data-target>',
    '<textarea data-target></textarea>',
    '<div contenteditable="true"><b data-target></b></div>',
    '<div role="menu"><div role="menuitem" data-target></div></div>',
    '<div role="dialog"><button data-target></button></div>',
  ])('has every key in %s', (html) => {
    const target = within(html);
    for (const key of ['k', ' ', 'ArrowLeft', '?']) expect(isTaken({ ...plain, key }, target)).toBe(true);
  });

  it('has the space bar where that presses it, and no other key', () => {
    const button = within('<button data-target></button>');
    expect([' ', 'k', 'ArrowLeft'].map((key) => isTaken({ ...plain, key }, button))).toEqual([true, false, false]);
  });

  it('has the arrows where those move it, and no letter', () => {
    const slider = within('<input type="range" data-target>');
    expect(['ArrowLeft', 'k', ' '].map((key) => isTaken({ ...plain, key }, slider))).toEqual([true, false, false]);
    expect(isTaken({ key: 'ArrowLeft', shiftKey: true }, slider)).toBe(false);
  });

  it('has nothing where it is the page', () => {
    for (const key of [' ', 'k', 'ArrowLeft']) expect(isTaken({ ...plain, key }, document.body)).toBe(false);
  });
});
