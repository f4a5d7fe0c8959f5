import { dateTimeFormat, formattedValueToString, type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { type CheerState, type Figure, type Trend } from '../types';

/**
 * Told apart by people with protanopia, deuteranopia and tritanopia, as looks.test.ts computes. Paint is for shapes
 * (3:1 against the panel, WCAG 1.4.11), ink for letters (4.5:1, WCAG 1.4.3).
 */
const palettes = {
  dark: {
    green: { paint: '#2ecfae', ink: '#2ecfae' },
    yellow: { paint: '#ffd24a', ink: '#ffd24a' },
    red: { paint: '#f4573b', ink: '#ff7a5f' },
    warming: { paint: '#78abff', ink: '#78abff' },
    disabled: { paint: '#9298a6', ink: '#a3a8b4' },
    stale: { paint: '#9298a6', ink: '#a3a8b4' },
    unknown: { paint: '#9298a6', ink: '#a3a8b4' },
  },
  light: {
    green: { paint: '#007f6e', ink: '#007563' },
    yellow: { paint: '#bf7f00', ink: '#855600' },
    red: { paint: '#bd210b', ink: '#bd210b' },
    warming: { paint: '#2c66d6', ink: '#255cc4' },
    disabled: { paint: '#737884', ink: '#646974' },
    stale: { paint: '#737884', ink: '#646974' },
    unknown: { paint: '#737884', ink: '#646974' },
  },
} as const satisfies Record<'dark' | 'light', Record<CheerState, { paint: string; ink: string }>>;

/** For shapes: at least 3:1 against the panel's and the tiles' background. */
export function stateColor(theme: GrafanaTheme2, state: CheerState): string {
  return palettes[theme.isDark ? 'dark' : 'light'][state].paint;
}

/** For letters: at least 4.5:1 against the panel's and the tiles' background. */
export function stateTextColor(theme: GrafanaTheme2, state: CheerState): string {
  return palettes[theme.isDark ? 'dark' : 'light'][state].ink;
}

/** For what is not filled of an arc or a bar. */
export function trackColor(theme: GrafanaTheme2): string {
  return theme.isDark ? theme.colors.border.medium : theme.colors.border.weak;
}

const trendWords: Readonly<Record<Trend, string>> = {
  acceptable: 'burning slowly enough',
  increasing: 'burning faster',
  critical: 'burning too fast',
  recovering: 'recovering',
  none: '',
};

/** In words, for people who don't see the mark; empty without a trend. */
export function trendWord(trend: Trend): string {
  return trendWords[trend];
}

/** How bad a trend is, as the state of the same colour. */
export function trendState(trend: Trend): CheerState {
  switch (trend) {
    case 'critical':
      return 'red';
    case 'increasing':
      return 'yellow';
    case 'recovering':
      return 'warming';
    case 'acceptable':
      return 'green';
    case 'none':
      return 'unknown';
  }
}

/** As the field's configuration says, with prefix and unit. */
export function figureText(figure: Figure): string {
  return formattedValueToString(figure.display);
}

/** The colour that the field's configuration asks for by name; undefined when it leaves it to the state. */
export function figureColor(figure: Figure): string | undefined {
  const mode = figure.source.field.config.color?.mode ?? '';
  const chosen = mode === 'fixed' || mode === 'shades' || mode.startsWith('continuous-');
  return chosen ? figure.display.color : undefined;
}

const units: ReadonlyArray<readonly [name: string, ms: number]> = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** One unit, rounded down: "45 s", "3 min", "2 h", "5 d"; "0 s" for anything less than a second or not a number. */
export function formatDuration(ms: number): string {
  for (const [name, size] of units) {
    if (ms >= size) {
      return `${Math.floor(ms / size)} ${name}`;
    }
  }
  return '0 s';
}

/** How long before `now` (epoch ms, both): "3 min ago"; "now" within the last second and for the future. */
export function formatAgo(ms: number, now: number): string {
  const age = now - ms;
  return age >= 1_000 ? `${formatDuration(age)} ago` : 'now';
}

/** The full date and time in the dashboard's zone. */
export function formatTime(ms: number, timeZone?: TimeZone): string {
  return dateTimeFormat(ms, { timeZone });
}

/** For the attribute dateTime; undefined for what is no date. */
export function isoTime(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** As in the English around it: at most one decimal, compact from 100,000 on: "16,586", "1.2M". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US', {
    notation: count >= 100_000 ? 'compact' : 'standard',
    maximumFractionDigits: count >= 100_000 ? 1 : 0,
  });
}
