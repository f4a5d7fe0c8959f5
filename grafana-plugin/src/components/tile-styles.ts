import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type CheerMeterOptions, type CheerState, statesWorstFirst, type ServiceView } from '../types';
import { budgetLine } from './BudgetBar';
import { clamp } from './clamp';
import { type Block, type Detail } from './grid-fit';
import { stateColor } from './looks';
import { focusRing, oneLine } from './style-parts';

/** CSS pixels; 0 for what there is no room for. */
export interface TileSizes {
  readonly font: number;
  readonly glyph: number;
  /** Width within the padding. */
  readonly inner: number;
  readonly sparkline: number;
  /** Of the budget's letters. */
  readonly budget: number;
}

const paddingAcross = 10;
const paddingDown = 6;
const gap = 4;
/** Heights of lines, as multiples of the letters' size; as in the styles below. */
const headLine = 1.5;
const bigLine = 2.6;
const leastSparkline = 14;

/** How large the parts of a tile are, so that all of them fit. */
export function tileSizes(
  { detail, tileWidth, tileHeight }: Pick<Block, 'detail' | 'tileWidth' | 'tileHeight'>,
  service: ServiceView,
  options: CheerMeterOptions
): TileSizes {
  const inner = Math.max(Math.floor(tileWidth - 2 * paddingAcross - 4), 0);
  const height = tileHeight - 2 * paddingDown - 2;
  if (detail === 'dot' || detail === 'line' || detail === 'name') {
    const font = clamp(Math.min(tileHeight * 0.42, tileWidth * 0.085), 11, 14);
    return { font, glyph: Math.round(font * 1.15), inner, sparkline: 0, budget: 0 };
  }
  const full = detail === 'full';
  const font = full ? clamp(tileHeight * 0.09, 12, 20) : clamp(Math.min(tileHeight * 0.2, tileWidth * 0.085), 12, 14);
  const lines = full ? headLine + bigLine : 2 * headLine;
  let left = height - lines * font - gap;
  const budgetFont = clamp(font - 1, 11, 14);
  const budget = full && options.showBudget && service.budgets.length > 0 && left >= budgetLine * budgetFont + gap;
  left -= budget ? budgetLine * budgetFont + gap : 0;
  const sparkline = Math.floor(left - gap);
  return {
    font,
    glyph: Math.round(font * (full ? 1.25 : 1.15)),
    inner,
    sparkline: options.showSparkline && sparkline >= leastSparkline ? sparkline : 0,
    budget: budget ? budgetFont : 0,
  };
}

/** How much of a state's colour is in its tile: the worse, the more, as far as all letters on it keep 4.5:1. */
const tints: Readonly<Record<CheerState, number>> = {
  red: 11,
  yellow: 9,
  green: 0,
  warming: 5,
  disabled: 0,
  stale: 0,
  unknown: 0,
};

export const getTileStyles = (theme: GrafanaTheme2) => {
  const row = { display: 'flex', alignItems: 'center', gap: '0.5em', minWidth: 0 } as const;
  const twoLines = { display: '-webkit-box', WebkitLineClamp: 2, WebkitBoxOrient: 'vertical' } as const;
  const states = Object.fromEntries(
    statesWorstFirst.map((state) => {
      const color = stateColor(theme, state);
      const tint = tints[state];
      return [
        state,
        css({
          background:
            tint === 0
              ? theme.colors.background.secondary
              : `color-mix(in srgb, ${color} ${tint}%, ${theme.colors.background.secondary})`,
          borderColor: tint === 0 ? theme.colors.border.weak : `color-mix(in srgb, ${color} 45%, transparent)`,
          borderInlineStartColor: color,
          // Not judged at the moment: neither good nor bad.
          ...(state === 'stale' || state === 'disabled' || state === 'unknown' ? { borderStyle: 'dashed' } : {}),
        }),
      ];
    })
  ) as Record<CheerState, string>;
  const tile = css({
    boxSizing: 'border-box',
    display: 'block',
    width: '100%',
    height: '100%',
    overflow: 'hidden',
    // Longhands: the state's class sets the colours.
    borderWidth: 1,
    borderStyle: 'solid',
    borderInlineStartWidth: 4,
    borderRadius: theme.shape.radius.default,
    color: theme.colors.text.primary,
    textAlign: 'start',
    // Also where it is a link.
    '&:hover': { textDecoration: 'none' },
    'a&:hover, button&:hover': { filter: 'brightness(1.08)' },
    ...focusRing(theme, 'inside'),
  });
  const roomy = css({ padding: `${paddingDown}px ${paddingAcross}px` });
  const tight = css({ padding: '0 6px', borderInlineStartWidth: 3 });
  const details: Readonly<Record<Detail, string>> = {
    full: roomy,
    medium: roomy,
    line: tight,
    name: tight,
    dot: css({
      display: 'flex',
      alignItems: 'center',
      justifyContent: 'center',
      borderWidth: 0,
      borderInlineStartWidth: 0,
    }),
  };
  const body = css({
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'space-between',
    height: '100%',
    minWidth: 0,
    lineHeight: headLine,
  });
  const note = css({ ...oneLine, flex: 1 });
  const reason = css({
    ...twoLines,
    flex: 1,
    minWidth: 0,
    overflow: 'hidden',
    lineHeight: 1.25,
    fontSize: '0.92em',
    overflowWrap: 'anywhere',
  });
  const aside = css({ color: theme.colors.text.secondary });
  return {
    // Put together once for each theme: to do it for hundreds of tiles in each update takes its time.
    tiles: mapValues(details, (detail) => mapValues(states, (state) => cx(tile, detail, state))),
    body,
    centredBody: cx(body, css({ justifyContent: 'center' })),
    head: css(row),
    title: css({ ...oneLine, flex: 1, fontWeight: theme.typography.fontWeightMedium }),
    second: css({ ...row, alignItems: 'baseline', fontSize: '0.92em' }),
    note,
    quietNote: cx(note, aside),
    aside,
    middle: css({ ...row, height: `${bigLine}em`, gap: '0.8em' }),
    reason,
    quietReason: cx(reason, aside),
    figure: css({ flex: 'none', fontVariantNumeric: 'tabular-nums', fontWeight: theme.typography.fontWeightMedium }),
    big: css({
      flex: 'none',
      fontSize: '2.1em',
      lineHeight: 1,
      fontVariantNumeric: 'tabular-nums',
      fontWeight: theme.typography.fontWeightMedium,
    }),
    word: css({ flex: 'none', fontSize: '0.92em', fontWeight: theme.typography.fontWeightMedium }),
    bigWord: css({ flex: 'none', fontSize: '1.5em', lineHeight: 1, fontWeight: theme.typography.fontWeightMedium }),
  };
};

function mapValues<K extends string, A, B>(record: Readonly<Record<K, A>>, change: (value: A) => B): Record<K, B> {
  const entries = Object.entries<A>(record).map(([key, value]) => [key, change(value)]);
  return Object.fromEntries(entries) as Record<K, B>;
}
