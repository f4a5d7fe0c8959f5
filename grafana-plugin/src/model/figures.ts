import { type DisplayValue, type FormattedValue, getValueFormat } from '@grafana/data';
import { type Figure } from '../types';
import { numberAt, type Series, sourceOf } from './series';
import { type Scale, scoreOf } from './score-scale';

/** Formatted when it is first looked at: of hundreds of services few show all their figures. */
class LazyFigure implements Figure {
  readonly source: Figure['source'];
  private shown: DisplayValue | undefined;

  constructor(
    readonly value: number,
    series: Series,
    private readonly show: () => DisplayValue
  ) {
    this.source = sourceOf(series, series.last);
  }

  get display(): DisplayValue {
    return (this.shown ??= this.show());
  }
}

/** Of the newest points of these series the lowest; undefined when none is a finite number. */
export function scoreFigure(present: readonly Series[], scaleOf: (series: Series) => Scale): Figure | undefined {
  const lowest = lowestOf(present, (series) => scoreOf(numberAt(series, series.last), scaleOf(series)));
  if (lowest === undefined) {
    return undefined;
  }
  const { series, value } = lowest;
  return new LazyFigure(value, series, () => {
    const { min, max } = scaleOf(series);
    const shown = Math.min(max, Math.max(min, numberAt(series, series.last)));
    return series.field.display?.(shown) ?? { text: String(Math.round(shown * 100) / 100), numeric: shown };
  });
}

/**
 * A ratio of 0 to 1, the lowest of the newest points. It is always shown in percent: the panel's unit is meant for the
 * score, and 0.98 of a budget says nothing.
 */
export function budgetFigure(present: readonly Series[], scaleOf: (series: Series) => Scale): Figure | undefined {
  const lowest = lowestOf(present, (series) => ratioOf(numberAt(series, series.last), scaleOf(series)));
  if (lowest === undefined) {
    return undefined;
  }
  const { series, value } = lowest;
  return new LazyFigure(value, series, () => {
    const { config, display } = series.field;
    const color = display?.(numberAt(series, series.last)).color;
    return { ...asPercent(value, config?.decimals), numeric: value, color };
  });
}

/** 84 % and 6.5 %. Nearly full is not full, and nearly empty not empty: 99.9 % and 0.1 % at the most and the least. */
function asPercent(ratio: number, configured: number | null | undefined): FormattedValue {
  const decimals = Math.max(0, configured ?? 1);
  const least = 10 ** -(decimals + 2);
  const shown = ratio > 0 && ratio < 1 ? Math.min(1 - least, Math.max(least, ratio)) : ratio;
  // A zero after the point says nothing.
  const isWhole = configured == null && Math.round(shown * 1000) % 10 === 0;
  return getValueFormat('percentunit')(shown, isWhole ? 0 : decimals);
}

/** An overspent budget is empty, and none is more than full. */
function ratioOf(value: number, { min, max }: Scale): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, (value - min) / (max - min))) : NaN;
}

function lowestOf(
  present: readonly Series[],
  valueOf: (series: Series) => number
): { readonly series: Series; readonly value: number } | undefined {
  let lowest: Series | undefined;
  let value = Infinity;
  for (const series of present) {
    const candidate = valueOf(series);
    if (candidate < value) {
      lowest = series;
      value = candidate;
    }
  }
  return lowest && { series: lowest, value };
}
