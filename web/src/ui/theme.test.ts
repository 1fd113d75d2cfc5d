import { beforeEach, expect, test, vi } from 'vitest';

class FakeMedia extends EventTarget {
  matches = false;

  becomes(isDark: boolean): void {
    this.matches = isDark;
    this.dispatchEvent(new Event('change'));
  }
}

let system: FakeMedia;

/** The module as a page has it that is opened now. */
async function opened() {
  vi.resetModules();
  return import('./theme');
}

const shown = () => document.documentElement.dataset.theme;

beforeEach(() => {
  localStorage.clear();
  delete document.documentElement.dataset.theme;
  system = new FakeMedia();
  vi.stubGlobal('matchMedia', () => system);
});

test('a choice is shown at once, and kept for the next visit', async () => {
  const { chooseTheme } = await opened();
  chooseTheme('dark');
  expect(shown()).toBe('dark');
  expect(localStorage.getItem('segue.theme')).toBe('dark');
});

test('where nothing is chosen the system decides, also when it changes its mind', async () => {
  const { chooseTheme } = await opened();
  chooseTheme('light');
  system.becomes(true);
  expect(shown()).toBe('light');
  chooseTheme('system');
  expect(shown()).toBe('dark');
  system.becomes(false);
  expect(shown()).toBe('light');
});

test('the choice of another tab is taken over', async () => {
  await opened();
  localStorage.setItem('segue.theme', 'dark');
  window.dispatchEvent(new StorageEvent('storage', { key: 'segue.theme' }));
  expect(shown()).toBe('dark');
});

test('what stands in the storage and is no theme is passed over', async () => {
  localStorage.setItem('segue.theme', 'purple');
  await opened();
  system.becomes(true);
  expect(shown()).toBe('dark');
});

test('where storage is refused the choice is for this page', async () => {
  const { chooseTheme } = await opened();
  const refused = () => {
    throw new DOMException('no', 'SecurityError');
  };
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(refused);
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(refused);
  chooseTheme('dark');
  expect(shown()).toBe('dark');
});
