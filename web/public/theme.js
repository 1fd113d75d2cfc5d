// The chosen theme, or the system's. Kept in step with src/ui/theme.ts.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('segue.theme');
  } catch {
    // Storage may be refused; then the system decides.
  }
  const isDark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
