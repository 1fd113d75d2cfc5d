/** After something went that had the focus: back to the page with it, rather than to nowhere. */
export function returnFocus(): void {
  if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
}
