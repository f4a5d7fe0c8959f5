import { type SVGProps } from 'react';

/** The canvas of all glyphs: 16 units both ways, the same pen, hidden from screen readers. `size`: CSS pixels. */
export function glyphCanvas(size: number): SVGProps<SVGSVGElement> {
  return {
    width: size,
    height: size,
    viewBox: '0 0 16 16',
    'aria-hidden': true,
    focusable: false,
    style: { flex: 'none', display: 'block' },
    strokeWidth: 1.75,
    strokeLinecap: 'round',
    strokeLinejoin: 'round',
  };
}
