import { type FieldConfig } from '@grafana/data';
import { type Problem } from '../types';
import { type FoundService } from './find-services';
import { numberAt, type Series } from './series';

/** Where the source of a score or a budget has its 0 and its 100 %. */
export interface Scale {
  readonly min: number;
  readonly max: number;
}

const percent: Scale = { min: 0, max: 100 };
const ratio: Scale = { min: 0, max: 1 };

/** What `rate` and `increase` extrapolate lifts a ratio a little above 1, but not so far. */
const highestRatio = 1.5;

export interface Scales {
  readonly scaleOf: (series: Series) => Scale;
  /** By names and configurations alone. */
  readonly isSaid: boolean;
}

/**
 * Scales of all series of scores and budgets: as name and configuration say, else 0 to 1 when no point of this metric in
 * any service is above that, else 0 to 100. Of the metric as a whole: a service at 1 % must not be taken for one at 100 %.
 */
export function scalesOf(services: readonly FoundService[], isSaid: boolean, problems: Problem[]): Scales {
  const guessed = new Map<string, Scale>();
  for (const series of isSaid ? [] : services.flatMap(scaledOf)) {
    if (knownScale(series) === undefined && guessed.get(series.metric) !== percent) {
      guessed.set(series.metric, isAbove(series, highestRatio) ? percent : ratio);
    }
  }
  const scaleOf = (series: Series) => knownScale(series) ?? guessed.get(series.metric) ?? percent;
  const isTooHigh = (series: Series) => numberAt(series, series.last) > scaleOf(series).max * (1 + 1e-9);
  const proud = services.find(({ series }) => series.of('score')?.some(isTooHigh));
  const tooHigh = proud?.series.of('score')?.find(isTooHigh);
  if (tooHigh) {
    problems.push({
      text: `${tooHigh.metric} is above ${scaleOf(tooHigh).max}`,
      hint: 'Set Max in the field’s standard options to the highest score there can be',
    });
  }
  return { scaleOf, isSaid: guessed.size === 0 };
}

function scaledOf({ series }: FoundService): Series[] {
  return [...(series.of('score') ?? []), ...(series.of('budget') ?? [])];
}

/** 0 to 100; NaN of what is no finite number. */
export function scoreOf(value: number, { min, max }: Scale): number {
  if (!Number.isFinite(value)) {
    return NaN;
  }
  const score = max - min === 100 ? value - min : ((value - min) / (max - min)) * 100;
  return Math.min(100, Math.max(0, score));
}

function knownScale({ role, field, metric }: Series): Scale | undefined {
  if (role === 'budget') {
    // The panel's unit and maximum are meant for the score.
    return metric.endsWith('ratio') ? ratio : undefined;
  }
  const config: FieldConfig = field.config ?? {};
  const min = Number.isFinite(config.min) ? Number(config.min) : 0;
  const max = Number.isFinite(config.max) ? Number(config.max) : -Infinity;
  if (max > min) {
    return { min, max };
  }
  switch (config.unit) {
    case 'percentunit':
      return ratio;
    case 'percent':
      return percent;
    default:
      return metric === 'cheer_score' ? percent : undefined;
  }
}

function isAbove(series: Series, limit: number): boolean {
  for (let index = series.last; index >= 0; index--) {
    const value = numberAt(series, index);
    if (value > limit && value !== Infinity) {
      return true;
    }
  }
  return false;
}
