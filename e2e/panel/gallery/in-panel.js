// Runs inside a page with panels: what of their looks a machine can judge.
(() => {
  /** Letters may touch, and a line's box is taller than its letters. */
  const slack = 2;
  const thumbnailPx = 32;
  const roots = () => [...document.querySelectorAll('[data-testid="cheer-meter"]')];
  const isScrolled = ({ overflowX, overflowY }) => /auto|scroll/.test(`${overflowX} ${overflowY}`);
  const clips = ({ overflowX, overflowY }) => /hidden|clip|auto|scroll/.test(`${overflowX} ${overflowY}`);

  function titleOf(root) {
    const panel = root.closest('section');
    const title = panel?.querySelector('h2')?.textContent ?? '';
    const services = root.querySelector('[data-service]')?.dataset.service ?? '';
    const { width, height } = root.getBoundingClientRect();
    return `${title || services || root.dataset.status} at ${Math.round(width)}x${Math.round(height)}`;
  }

  const cut = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const isEmpty = ({ left, top, right, bottom }) => right - left < 2 || bottom - top < 2;

  /** What of a box is left after all that clips it, up to the panel's root. */
  function visible(box, element, root) {
    let left = box;
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.visibility === 'hidden' || style.display === 'none' || style.opacity === '0')
        return undefined;
      // For screen readers only.
      if (style.clip !== 'auto' || /inset\(50%|inset\(100%/.test(style.clipPath)) return undefined;
      if (clips(style)) left = cut(left, at.getBoundingClientRect());
      if (isEmpty(left)) return undefined;
      if (at === root) break;
    }
    return left;
  }

  /** Every piece of text that is seen, a box a line. */
  function lettersOf(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const element = node.parentElement;
      if (!node.data.trim() || element.closest('style, title, desc, defs')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        const seen = visible(box, element, root);
        if (seen) found.push({ node, element, box, seen, text: node.data.trim().slice(0, 40) });
      }
    }
    return found;
  }

  /** Text that is cut off without an ellipsis, or whose whole can't be had anywhere. */
  function cutOff(root) {
    const found = [];
    for (const { node, element, box, seen, text } of lettersOf(root)) {
      const style = getComputedStyle(element);
      const scrolled = ancestors(element, root).some((at) => isScrolled(getComputedStyle(at)));
      if (!scrolled && (seen.bottom < box.bottom - slack * 2 || seen.top > box.top + slack * 2))
        found.push(`"${text}" is cut off at its top or bottom`);
      const shortened = seen.right < box.right - slack || seen.left > box.left + slack;
      if (!shortened || scrolled) continue;
      const holder = [element, ...ancestors(element, root)].find(
        (at) => getComputedStyle(at).textOverflow === 'ellipsis',
      );
      if (!holder && style.webkitLineClamp === 'none')
        found.push(`"${text}" is cut off at its side without an ellipsis`);
      const whole = [element, ...ancestors(element, root)].some((at) =>
        `${at.title ?? ''} ${at.ariaLabel ?? ''} ${at.getAttribute('aria-valuetext') ?? ''} ${at.querySelector?.(':scope > title')?.textContent ?? ''}`.includes(
          node.data.trim(),
        ),
      );
      // What a service is called and why it is bad stands in its tooltip too.
      const told = element.closest('[data-testid="cheer-service"], [data-testid="cheer-group"]') !== null;
      if (!whole && !told) found.push(`"${text}" is shortened, and no title says the whole`);
    }
    return found;
  }

  function ancestors(element, root) {
    const found = [];
    for (let at = element; at && at !== root.parentElement; at = at.parentElement) found.push(at);
    return found;
  }

  function overlapping(root) {
    const letters = lettersOf(root);
    const found = [];
    letters.forEach((one, index) => {
      for (const other of letters.slice(index + 1)) {
        if (one.node === other.node) continue;
        const both = cut(one.seen, other.seen);
        const deep = Math.min(both.right - both.left, both.bottom - both.top);
        const high = Math.min(one.seen.bottom - one.seen.top, other.seen.bottom - other.seen.top);
        if (both.right - both.left > slack && deep > slack && both.bottom - both.top > high * 0.3)
          found.push(`"${one.text}" lies over "${other.text}"`);
      }
    });
    return found;
  }

  /** What is drawn beyond the edges of the panel, and bars that should not be needed. */
  function sticksOut(root) {
    const outer = root.getBoundingClientRect();
    const found = [];
    if (root.scrollWidth > root.clientWidth + 1) found.push(`it is ${root.scrollWidth} px wide inside`);
    for (const { box, seen, text } of lettersOf(root)) {
      if (seen.left < outer.left - slack || seen.right > outer.right + slack)
        found.push(`"${text}" reaches out at a side`);
      if (seen.top < outer.top - slack || seen.bottom > outer.bottom + slack)
        found.push(`"${text}" reaches out above or below`);
      if (box.height < 9) found.push(`"${text}" is ${Math.round(box.height)} px high: too small to read`);
    }
    return found;
  }

  globalThis.inPanel = {
    /** All that is wrong with the panels of the page, each with its title and size. */
    faults: () =>
      roots().flatMap((root) =>
        [...sticksOut(root), ...cutOff(root), ...overlapping(root)].map(
          (fault) => `${titleOf(root)}: ${fault}`,
        ),
      ),

    panels: () =>
      roots().map((root) => ({
        title: titleOf(root),
        layout: root.dataset.layout,
        status: root.dataset.status,
      })),

    /** The part of a picture (base64 PNG) that is painted in about this colour, 0 to 1. */
    async share(png, color) {
      const { data } = await pixels(png);
      const [red, green, blue] = rgb(color);
      let like = 0;
      for (let at = 0; at < data.length; at += 4) {
        const apart =
          Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
        if (apart < 36) like += 1;
      }
      return like / (data.length / 4);
    },

    /** A picture (base64 PNG) at 32 by 32 px: the same however large it was drawn. */
    async thumbnail(png) {
      const { canvas } = await drawn(png, thumbnailPx);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    },

    /** How far two thumbnails (base64 PNG) are apart on average, 0 to 1. */
    async difference(png, reference) {
      const [one, other] = [await pixels(png), await pixels(reference)];
      const apart = one.data.reduce((sum, value, at) => sum + Math.abs(value - other.data[at]), 0);
      return apart / (one.data.length * 255);
    },
  };

  /** In its own size when none is given. */
  async function drawn(png, size) {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    const resize = size && { resizeWidth: size, resizeHeight: size, resizeQuality: 'high' };
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }), resize);
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    return { canvas, context };
  }

  async function pixels(png) {
    const { canvas, context } = await drawn(png);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  }

  function rgb(color) {
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data;
  }
})();
