import { expect, type Page } from '@playwright/test';

/** More than any page has to step over. */
const MOST = 80;

/** What has the focus, as somebody finds it who cannot use a mouse. */
interface Focus {
  name: string;
  /** It is on nothing: whoever works by keyboard would have to begin at the top. */
  isLost: boolean;
  /** Something is drawn around it, and nothing covers all of it. */
  isVisible: boolean;
}

function focus(page: Page): Promise<Focus> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return { name: '', isLost: true, isVisible: false };
    const label = element.getAttribute('aria-labelledby');
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
    const name =
      element.getAttribute('aria-label') ??
      (label && document.getElementById(label)?.textContent) ??
      (labels.map((each) => each.textContent).join(' ') || element.textContent);
    const isRinged = (one: Element | null) => {
      if (!one) return false;
      const { outlineStyle, outlineWidth, opacity } = getComputedStyle(one);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && Number(opacity) > 0;
    };
    // Within a menu the choice is marked by its background; the mark of a range is drawn beside it.
    const isMarked = element.hasAttribute('data-highlighted') || element.matches('[role=menu], [role=dialog], main');
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const at = (x: number, y: number) => document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
    const isOwn = (found: Element | null) =>
      found !== null &&
      (element.contains(found) || found.contains(element) || found.parentElement === element.parentElement);
    const isThere = [0.1, 0.5, 0.9].some((x) => [0.1, 0.5, 0.9].some((y) => isOwn(at(x, y))));
    const isRing = isRinged(element) || (element.matches('input') && isRinged(element.nextElementSibling));
    return { name: (name ?? '').trim(), isLost: false, isVisible: isThere && (isRing || isMarked) };
  });
}

/** Presses Tab until the focus is on what has this name; all the way it must be seen. */
export async function tabTo(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MOST; step += 1) {
    await page.keyboard.press(key);
    const now = await focus(page);
    // From the last element Tab leads out of the page, and in again at its top.
    if (now.isLost) continue;
    // Its mark may fade in.
    const message = `the focus on ${JSON.stringify(now.name)} is seen`;
    await expect.poll(async () => (await focus(page)).isVisible, { message }).toBe(true);
    if (typeof name === 'string' ? now.name === name : name.test(now.name)) return;
    passed.push(now.name);
  }
  throw new Error(`Tab never comes to ${name}; it came to ${JSON.stringify([...new Set(passed)])}`);
}

/** Whatever was done: the focus is on something. */
export async function keepsFocus(page: Page, name?: string | RegExp): Promise<void> {
  await expect.poll(async () => (await focus(page)).isLost, { message: 'the focus is lost' }).toBe(false);
  if (name !== undefined) await expect.poll(async () => (await focus(page)).name).toMatch(name);
}

/** Goes through a menu to what begins with this. */
export async function chooseInMenu(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < MOST; step += 1) {
    const now = await focus(page);
    if (name.test(now.name)) {
      expect(now.isVisible).toBe(true);
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`the menu has nothing like ${name}`);
}
