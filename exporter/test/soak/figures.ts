import type { TrendRule } from './trend';

const mebibyte = 2 ** 20;

export interface Figure extends TrendRule {
  readonly unit: 'bytes' | 'seconds' | 'count';
}

/**
 * What is watched. A leak is growth of more than the share an hour and more than the floor in all. Shares are wide where
 * a shared machine makes a figure move by itself; floors say what is not worth a word.
 */
export const figures = {
  rss: { unit: 'bytes', sharePerHour: 0.25, floor: 48 * mebibyte, reduce: 'median' },
  heap: { unit: 'bytes', sharePerHour: 0.3, floor: 12 * mebibyte, reduce: 'least' },
  external: { unit: 'bytes', sharePerHour: 0.5, floor: 12 * mebibyte, reduce: 'least' },
  descriptors: { unit: 'count', sharePerHour: 0.2, floor: 12, reduce: 'median' },
  threads: { unit: 'count', sharePerHour: 0.1, floor: 3, reduce: 'median' },
  handles: { unit: 'count', sharePerHour: 0.2, floor: 12, reduce: 'median' },
  series: { unit: 'count', sharePerHour: 0.05, floor: 16, reduce: 'median' },
  'data directory': { unit: 'bytes', sharePerHour: 0.3, floor: 24 * mebibyte, reduce: 'median' },
  'outbox depth': { unit: 'bytes', sharePerHour: 1, floor: mebibyte, reduce: 'median' },
  'outbox age': { unit: 'seconds', sharePerHour: 1, floor: 0.5, reduce: 'median' },
  'loop lag': { unit: 'seconds', sharePerHour: 1, floor: 0.1, reduce: 'median' },
  'ack p99': { unit: 'seconds', sharePerHour: 1, floor: 0.25, reduce: 'median' },
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureName = keyof typeof figures;
export const figureNames = Object.keys(figures) as FigureName[];
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

/** What a scrape says of the figures; absent what it does not say. */
export function readScrape(text: string): Figures & { readonly state: string | undefined } {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    if (at > 0 && !line.startsWith('#')) samples.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  let state: string | undefined;
  let handles = 0;
  for (const [name, value] of samples) {
    if (name.startsWith('nodejs_active_handles{')) handles += value;
    if (value === 1) state ??= /^cheer_state\{state="(\w+)"\}$/.exec(name)?.[1];
  }
  const named: readonly (readonly [FigureName, number | undefined])[] = [
    ['rss', samples.get('memory_usage_bytes{kind="rss"}')],
    ['heap', samples.get('memory_usage_bytes{kind="heap_used"}')],
    ['external', samples.get('memory_usage_bytes{kind="external"}')],
    ['handles', handles],
    ['series', samples.size],
    ['outbox depth', samples.get('store_bytes')],
    ['outbox age', samples.get('cheer_queue_oldest_age_seconds{queue="outbox"}')],
    ['loop lag', samples.get('event_loop_lag_seconds')],
  ];
  return { ...Object.fromEntries(named.filter(([, value]) => value !== undefined)), state };
}

/** For people: `12.3 MiB`, `4.5 ms`, `17`. */
export function shown(value: number, unit: Figure['unit']): string {
  if (!Number.isFinite(value)) return '-';
  switch (unit) {
    case 'bytes':
      return `${(value / mebibyte).toFixed(1)} MiB`;
    case 'seconds':
      return Math.abs(value) < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(2)} s`;
    case 'count':
      return String(Math.round(value * 10) / 10);
  }
}
