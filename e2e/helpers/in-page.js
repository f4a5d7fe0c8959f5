// Runs inside the page under test, before its own scripts: what can only be asked there.
(() => {
  const isShown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const clips = (element) => /hidden|clip|auto|scroll/.test(getComputedStyle(element).overflowX);
  const nameOf = (element) =>
    element.ariaLabel ??
    document.getElementById(element.getAttribute('aria-labelledby'))?.textContent ??
    element.labels?.[0]?.textContent ??
    element.textContent.trim();
  const describe = (element) =>
    `${element.tagName.toLowerCase()} "${nameOf(element).replace(/\s+/g, ' ').slice(0, 60)}"`;

  function isClipped(element) {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      if (clips(at)) return true;
    }
    return false;
  }

  const violations = [];
  addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
  let draws = 0;
  let marked;
  addEventListener('DOMContentLoaded', () => {
    const changes = { childList: true, subtree: true, characterData: true, attributes: true };
    new MutationObserver(() => (draws += 1)).observe(document.documentElement, changes);
  });

  globalThis.inPage = {
    /** Directives of the content security policy that something was stopped by. */
    violations: () => violations,
    /** How often anything of the page changed; what changes at the same time counts once. */
    draws: () => draws,
    elements: () => document.querySelectorAll('*').length,
    animations: () => document.getAnimations().filter(({ playState }) => playState === 'running').length,
    background: () => getComputedStyle(document.body).backgroundColor,

    /** How the elements with just this text treat its direction. */
    bidiOf: (text) =>
      [...document.querySelectorAll('body *')]
        .filter((element) => element.childElementCount === 0 && element.textContent === text)
        .map((element) => getComputedStyle(element).unicodeBidi),

    /** What reaches beyond the left or right edge of the viewport. */
    overflow() {
      const width = document.documentElement.clientWidth;
      const scrolls = document.documentElement.scrollWidth;
      const wide = [...document.body.querySelectorAll('*')].filter((element) => {
        const { left, right, width: own, height } = element.getBoundingClientRect();
        if (own <= 1 || height <= 1 || !isShown(element) || isClipped(element)) return false;
        return left < -1 || right > width + 1;
      });
      return [...(scrolls > width ? [`the page is ${scrolls} px wide`] : []), ...wide.map(describe)];
    },

    mark(selector) {
      marked = document.querySelector(selector);
    },
    /** True when the marked element is no part of the page any more. */
    markIsGone: () => marked !== undefined && !marked.isConnected,

    /** Who has the keyboard, and whether one can see that. */
    focus() {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { top, bottom, left, right } = element.getBoundingClientRect();
      return {
        what: describe(element),
        marked: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        inView: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
        inDialog: element.closest('dialog') !== null,
        isBody: element === document.body,
      };
    },

    /** Elements that text must never become. */
    planted: () =>
      [
        ...document.querySelectorAll(
          'body :is(script, img, iframe, object, embed, link, style, base, form[action])',
        ),
      ]
        .concat(
          [...document.querySelectorAll('body *')].filter((element) =>
            [...element.attributes].some(
              ({ name, value }) =>
                /^on/i.test(name) ||
                (/href|src|action|data$/i.test(name) && /^\s*(?:javascript|data):/i.test(value)),
            ),
          ),
        )
        .map(describe),
  };
})();
