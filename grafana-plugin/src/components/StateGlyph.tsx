import React, { memo } from 'react';
import { useTheme2 } from '@grafana/ui';
import { type CheerState } from '../types';
import { glyphCanvas } from './glyph-canvas';
import { stateColor } from './looks';

interface StateGlyphProps {
  readonly state: CheerState;
  /** CSS pixels, both ways. */
  readonly size: number;
}

/**
 * A shape of its own for each state, told apart without colour: a disc with a tick, a triangle with an exclamation mark,
 * an octagon with a cross, rising bars, a ring with a bar through it, an hourglass, a dotted ring with a question mark. The
 * word has to stand beside it or in a label: it is hidden from screen readers.
 */
export const StateGlyph = memo(function StateGlyph({ state, size }: StateGlyphProps) {
  const theme = useTheme2();
  const paint = stateColor(theme, state);
  return (
    <svg {...glyphCanvas(size)} data-glyph={state} fill="none" stroke={paint}>
      {shape(state, paint, theme.isDark ? '#111217' : '#ffffff')}
    </svg>
  );
});

function shape(state: CheerState, paint: string, onPaint: string) {
  switch (state) {
    case 'green':
      return (
        <>
          <circle cx={8} cy={8} r={6.5} fill={paint} strokeWidth={1} />
          <path d="M4.9 8.3 7.1 10.5 11.2 5.8" stroke={onPaint} />
        </>
      );
    case 'yellow':
      return (
        <>
          <path d="M8 2 14.6 13.6H1.4Z" fill={paint} strokeWidth={1.5} />
          <path d="M8 6.2V9.4M8 11.7V11.75" stroke={onPaint} />
        </>
      );
    case 'red':
      return (
        <>
          <path d="M5.3 1.5H10.7L14.5 5.3V10.7L10.7 14.5H5.3L1.5 10.7V5.3Z" fill={paint} strokeWidth={1} />
          <path d="M5.6 5.6 10.4 10.4M10.4 5.6 5.6 10.4" stroke={onPaint} />
        </>
      );
    case 'warming':
      return <path d="M3 13.5V11M8 13.5V7.5M13 13.5V2.8" strokeWidth={2.75} />;
    case 'disabled':
      return (
        <>
          <circle cx={8} cy={8} r={6.1} />
          <path d="M3.8 12.2 12.2 3.8" />
        </>
      );
    case 'stale':
      return (
        <path d="M3.5 1.8H12.5M3.5 14.2H12.5M4.6 1.8C4.6 5.6 7.2 6.4 8 8 8.8 6.4 11.4 5.6 11.4 1.8M4.6 14.2C4.6 10.4 7.2 9.6 8 8 8.8 9.6 11.4 10.4 11.4 14.2" />
      );
    case 'unknown':
      return (
        <>
          <circle cx={8} cy={8} r={6.6} strokeWidth={1.5} strokeDasharray="0.1 2.86" />
          <path d="M6.2 6.4A1.85 1.85 0 1 1 8 8.5V9.1M8 11.4V11.45" strokeWidth={1.5} />
        </>
      );
  }
}
