import { s } from './dom.js';

// 24 x 24, drawn with strokes; each state has its own outline so that colour is never the only sign.
const arcs = ['M12 2.5a9.5 9.5 0 0 1 9.5 9.5', 'M12 21.5A9.5 9.5 0 0 1 2.5 12'];
const question = [
  'M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z',
  'M9.3 9.2a2.8 2.8 0 1 1 4.2 2.5c-1 .6-1.5 1.1-1.5 2.3',
  'M12 17.3v.2',
];
const paths = {
  green: ['M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z', 'M7.5 12.4l3.2 3.2 6-6.6'],
  yellow: ['M12 3.2 1.9 20.5h20.2z', 'M12 9.6v5', 'M12 17.5v.2'],
  red: ['M8 2.5h8l5.5 5.5v8L16 21.5H8L2.5 16V8z', 'M8.6 8.6l6.8 6.8', 'M15.4 8.6l-6.8 6.8'],
  warming: ['M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z', 'M12 6.8V12l3.4 2.4'],
  disabled: ['M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z', 'M9.6 8.5v7', 'M14.4 8.5v7'],
  stale: question,
  unreachable: question,
  connecting: arcs,
  locked: ['M5.5 11h13v9.5h-13z', 'M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11'],
  loading: arcs,
  ok: ['M4.5 12.8l4.8 4.8L19.5 6.8'],
  fail: ['M12 3.2 1.9 20.5h20.2z', 'M12 9.6v5', 'M12 17.5v.2'],
  miss: ['M5.5 5.5l13 13', 'M18.5 5.5l-13 13'],
  quarantine: ['M3 13.5h5.2l1.5 3h4.6l1.5-3H21', 'M5.6 4.5h12.8L21 13.5v6H3v-6z'],
  flag: ['M5.5 21.5v-18', 'M5.5 4h12l-2.6 4.5L17.5 13h-12'],
  release: ['M12 20.5V4', 'M5.5 10.5 12 4l6.5 6.5'],
  closed: ['M2.5 12h19'],
  open: ['M2.5 16h6', 'M8.5 16 16 7', 'M17.5 16h4'],
  half_open: ['M2.5 15h6', 'M8.5 15l8-4', 'M17.5 15h4'],
};

export function icon(name, className = 'icon') {
  return s(
    'svg',
    { viewBox: '0 0 24 24', class: className, 'aria-hidden': 'true', focusable: 'false' },
    ...(paths[name] ?? []).map((d) => s('path', { d })),
  );
}

/** An icon that follows a value. */
export function iconSlot(className) {
  let shown;
  let node = icon('loading', className);
  return {
    get node() {
      return node;
    },
    show(name) {
      if (name === shown) return;
      shown = name;
      const next = icon(name, className);
      node.replaceWith(next);
      node = next;
    },
  };
}
