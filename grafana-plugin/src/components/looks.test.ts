import { createTheme, type GrafanaTheme2 } from '@grafana/data';
import { statesWorstFirst, type Trend } from '../types';
import { stateWord } from '../model/states';
import {
  figureColor,
  figureText,
  formatAgo,
  formatCount,
  formatDuration,
  formatTime,
  isoTime,
  stateColor,
  stateTextColor,
  trendState,
  trendWord,
} from './looks';
import { figure, now } from './testing/views';

type Rgb = readonly [number, number, number];

const themes: Array<[string, GrafanaTheme2]> = [
  ['dark', createTheme({ colors: { mode: 'dark' } })],
  ['light', createTheme({ colors: { mode: 'light' } })],
];

/** Linear light, each 0 to 1 (IEC 61966-2-1). */
function linear(hex: string): Rgb {
  const channel = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** WCAG 2.2: relative luminance and contrast ratio. */
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear light. */
const visions: Record<string, readonly [Rgb, Rgb, Rgb]> = {
  common: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Ottosson's Oklab: a difference of 0.02 is just seen. */
function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function seen(hex: string, vision: readonly Rgb[]): Rgb {
  const [r, g, b] = linear(hex);
  const light = vision.map((row) => Math.min(Math.max(row[0] * r + row[1] * g + row[2] * b, 0), 1));
  return oklab([light[0]!, light[1]!, light[2]!]);
}

const distance = (one: Rgb, other: Rgb) => Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);

describe.each(themes)('colours of the %s theme', (_, theme) => {
  // The tiles' tint is at most this far from the panel's own background.
  const grounds = [theme.colors.background.primary, theme.colors.background.canvas];

  it.each(statesWorstFirst)('%s stands out as a shape and can be read as a word', (state) => {
    for (const ground of grounds) {
      expect(contrast(stateColor(theme, state), ground)).toBeGreaterThanOrEqual(3);
      expect(contrast(stateTextColor(theme, state), ground)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(Object.entries(visions))('good and bad are told apart with %s vision', (_name, vision) => {
    const [green, yellow, red] = (['green', 'yellow', 'red'] as const).map((state) =>
      seen(stateColor(theme, state), vision)
    );
    expect(distance(green!, red!)).toBeGreaterThan(0.11);
    expect(distance(green!, yellow!)).toBeGreaterThan(0.11);
    expect(distance(yellow!, red!)).toBeGreaterThan(0.11);
  });
});

describe('words', () => {
  it('are different for each state', () => {
    expect(statesWorstFirst.map(stateWord)).toEqual([
      'Red',
      'Yellow',
      'Stale',
      'Unknown',
      'Warming',
      'Disabled',
      'Green',
    ]);
  });

  it('say where a budget goes', () => {
    const trends: Trend[] = ['acceptable', 'increasing', 'critical', 'recovering', 'none'];
    expect(trends.map((trend) => [trendWord(trend), trendState(trend)])).toEqual([
      ['burning slowly enough', 'green'],
      ['burning faster', 'yellow'],
      ['burning too fast', 'red'],
      ['recovering', 'warming'],
      ['', 'unknown'],
    ]);
  });
});

describe('figures', () => {
  it('have their unit', () => {
    expect(figureText(figure(12.4, '12.4', {}, ' %'))).toBe('12.4 %');
  });

  it.each([
    ['thresholds', undefined],
    ['palette-classic', undefined],
    [undefined, undefined],
    ['fixed', '#123456'],
    ['shades', '#123456'],
    ['continuous-GrYlRd', '#123456'],
  ])('of colour mode %s are painted %s', (mode, color) => {
    const made = figure(1, '1', mode === undefined ? {} : { color: { mode } });
    expect(figureColor({ ...made, display: { ...made.display, color: '#123456' } })).toBe(color);
  });
});

describe('times', () => {
  it.each([
    [NaN, '0 s'],
    [-5, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [7_200_000, '2 h'],
    [86_400_000 * 400, '400 d'],
  ])('%d ms last %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('are told by their age', () => {
    expect(formatAgo(now - 61_000, now)).toBe('1 min ago');
    expect(formatAgo(now - 999, now)).toBe('now');
    expect(formatAgo(now + 60_000, now)).toBe('now');
  });

  it('are told in the zone of the dashboard', () => {
    expect(formatTime(now, 'utc')).toBe('2026-03-01 12:00:00');
    expect(formatTime(now, 'Asia/Tokyo')).toBe('2026-03-01 21:00:00');
  });

  it('are left out of the markup when they are none', () => {
    expect(isoTime(now)).toBe('2026-03-01T12:00:00.000Z');
    expect(isoTime(NaN)).toBeUndefined();
    expect(isoTime(1e300)).toBeUndefined();
  });
});

it.each([
  [0, '0'],
  [16_586.4, '16,586'],
  [1_234_567, '1.2M'],
])('counts %d as %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});
