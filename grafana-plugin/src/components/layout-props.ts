import { type TimeZone } from '@grafana/schema';
import { type CheerMeterOptions, type CheerModel } from '../types';

/** What each of the three layouts is drawn from. */
export interface LayoutProps {
  readonly model: CheerModel;
  /** Variables in its texts are already replaced. */
  readonly options: CheerMeterOptions;
  /** CSS pixels: all that is drawn stays within. */
  readonly width: number;
  readonly height: number;
  /** Epoch ms: "3 min ago" counts from here. */
  readonly now: number;
  readonly timeZone?: TimeZone;
}
