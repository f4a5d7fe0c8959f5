/** Windows over which rates of SLO events are recorded: the short and the long ones of all burn tiers. */
export const rateWindows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
/** One of `rateWindows`. */
export type RateWindow = (typeof rateWindows)[number];

/** Reckoned from the counters; the longer ones are put together from these. */
export const rawWindows: readonly RateWindow[] = ['5m', '30m', '1h'];

/** A window that is as long as shorter ones that lie end to end. */
export interface WindowSum {
  readonly window: RateWindow;
  /** The shorter one. */
  readonly of: RateWindow;
  /** How long ago each of them ended, the latest left out. */
  readonly offsets: readonly string[];
}

/** From the shorter to the longer: each is put together from those before. */
export const sumsOf: Readonly<Record<'rates' | 'increases', readonly WindowSum[]>> = {
  rates: [
    { window: '2h', of: '1h', offsets: ['1h'] },
    { window: '6h', of: '2h', offsets: ['2h', '4h'] },
    { window: '1d', of: '6h', offsets: ['6h', '12h', '18h'] },
    { window: '3d', of: '1d', offsets: ['1d', '2d'] },
  ],
  increases: [
    { window: '6h', of: '1h', offsets: ['1h', '2h', '3h', '4h', '5h'] },
    { window: '1d', of: '6h', offsets: ['6h', '12h', '18h'] },
    { window: '3d', of: '1d', offsets: ['1d', '2d'] },
  ],
};

/** One pair of windows of the burn alerts. */
export interface BurnTier {
  readonly tier: 'fast' | 'medium' | 'slow' | 'chronic';
  /** Times the pace at which a 30-day budget lasts exactly 30 days. */
  readonly factor: number;
  readonly long: RateWindow;
  readonly short: RateWindow;
  readonly for: string;
  readonly keep: string;
  readonly severity: 'critical' | 'warning';
}

/**
 * Multiwindow, multi-burn-rate alerts (the Site Reliability Workbook, "Alerting on SLOs", table 5-8): 2 % of the
 * thirty-day budget in an hour, 5 % in six hours, 10 % in a day, and what would spend all of it before the end.
 */
export const burnTiers: readonly BurnTier[] = [
  { tier: 'fast', factor: 14.4, long: '1h', short: '5m', for: '2m', keep: '5m', severity: 'critical' },
  { tier: 'medium', factor: 6, long: '6h', short: '30m', for: '5m', keep: '15m', severity: 'critical' },
  { tier: 'slow', factor: 3, long: '1d', short: '2h', for: '15m', keep: '30m', severity: 'warning' },
  { tier: 'chronic', factor: 1, long: '3d', short: '6h', for: '1h', keep: '1h', severity: 'warning' },
];
