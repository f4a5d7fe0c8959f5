// A classic script in the head: the theme is set before the first paint.
(() => {
  const root = document.documentElement;
  const choices = ['auto', 'light', 'dark'];
  const read = () => {
    try {
      return localStorage.getItem('selfcheer-theme');
    } catch {
      return null;
    }
  };
  const apply = (theme) => {
    root.dataset.theme = choices.includes(theme) ? theme : 'auto';
    const button = document.getElementById('theme');
    if (!button) return;
    button.textContent = `${root.dataset.theme[0].toUpperCase()}${root.dataset.theme.slice(1)}`;
    button.setAttribute('aria-label', `Theme: ${root.dataset.theme}`);
    button.title = `Theme: ${root.dataset.theme}`;
  };
  apply(read());
  document.addEventListener('DOMContentLoaded', () => {
    apply(root.dataset.theme);
    document.getElementById('theme').addEventListener('click', () => {
      const next = choices[(choices.indexOf(root.dataset.theme) + 1) % choices.length];
      apply(next);
      try {
        localStorage.setItem('selfcheer-theme', next);
      } catch {
        // Without storage the choice lasts as long as the page.
      }
    });
  });
})();
