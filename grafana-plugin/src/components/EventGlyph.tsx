import React from 'react';
import { useTheme2 } from '@grafana/ui';
import { type CheerEvent, type CheerEventKind } from '../types';
import { glyphCanvas } from './glyph-canvas';
import { stateColor } from './looks';
import { StateGlyph } from './StateGlyph';

interface EventGlyphProps {
  readonly event: CheerEvent;
  /** CSS pixels, both ways. */
  readonly size: number;
}

/** A change of state has the state's shape, anything else its own: star, ring with a bar, arrow, flag, dot. */
export function EventGlyph({ event, size }: EventGlyphProps) {
  const theme = useTheme2();
  if (event.kind === 'state') {
    return <StateGlyph state={event.state ?? 'unknown'} size={size} />;
  }
  const paints: Readonly<Record<typeof event.kind, string>> = {
    cheer: stateColor(theme, 'green'),
    miss: stateColor(theme, 'yellow'),
    release: stateColor(theme, 'warming'),
    flag: stateColor(theme, 'warming'),
    other: stateColor(theme, 'unknown'),
  };
  return (
    <svg
      {...glyphCanvas(size)}
      fill={event.kind === 'cheer' || event.kind === 'other' ? paints[event.kind] : 'none'}
      stroke={paints[event.kind]}
    >
      <path d={paths[event.kind]} />
    </svg>
  );
}

const paths: Readonly<Record<Exclude<CheerEventKind, 'state'>, string>> = {
  cheer: 'M8 1.8 9.8 6 14.3 6.4 10.9 9.4 11.9 13.8 8 11.5 4.1 13.8 5.1 9.4 1.7 6.4 6.2 6Z',
  miss: 'M1.9 8A6.1 6.1 0 1 1 14.1 8 6.1 6.1 0 1 1 1.9 8M5 8H11',
  release: 'M8 14V2.5M3.2 7.2 8 2.5 12.8 7.2',
  flag: 'M3.5 14.2V2.2H12.8L10.4 5.7 12.8 9.2H3.5',
  other: 'M5.8 8A2.2 2.2 0 1 1 10.2 8 2.2 2.2 0 1 1 5.8 8',
};
