import { type CheerMeterOptions, type Layout } from '../types';

/** CSS pixels: a lower panel has room for one line. */
const lowestMeter = 96;

export interface Room {
  readonly layout: CheerMeterOptions['layout'];
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** How many there are to draw. */
  readonly services: number;
}

/** What fits: a line where it is low, one meter for one service, tiles for more. Only a grid is never overruled. */
export function chooseLayout({ layout, height, services }: Room): Layout {
  if (layout === 'ticker' || layout === 'grid') {
    return layout;
  }
  if (height < lowestMeter) {
    return 'ticker';
  }
  return layout === 'meter' || services <= 1 ? 'meter' : 'grid';
}
