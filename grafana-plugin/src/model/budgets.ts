import { type Budget } from '../types';
import { budgetFigure } from './figures';
import { burnMetrics } from './roles';
import { type Scale } from './score-scale';
import { numberAt, type Series } from './series';
import { type ServiceSeries } from './service-series';
import { presenceOf } from './staleness';
import { trendOf } from './trend';

/** Of one SLO. */
type SloSeries = Partial<Record<SloRole, Series[]>>;

type SloRole = 'budget' | 'burnLong' | 'burnShort';
const sloRoles: readonly SloRole[] = ['budget', 'burnLong', 'burnShort'];

// Most have no burn rates: for hundreds of services an empty list each would be made.
const none: readonly Series[] = [];

interface Judged {
  readonly sloLabel: string;
  readonly scaleOf: (series: Series) => Scale;
  /** Epoch ms. */
  readonly to: number;
  /** Whether the service's data ended, and what was left last is shown. */
  readonly isStale: boolean;
}

/** One budget for each SLO of a service, the lowest first; those without a figure are the last. */
export function budgetsOf(series: ServiceSeries, { sloLabel, scaleOf, to, isStale }: Judged): Budget[] {
  const slos = new Map<string, SloSeries>();
  for (const role of sloRoles) {
    for (const one of series.of(role) ?? none) {
      const slo = one.labels[sloLabel] ?? '';
      let known = slos.get(slo);
      if (known === undefined) {
        known = {};
        slos.set(slo, known);
      }
      (known[role] ??= []).push(one);
    }
  }
  const budgets: Budget[] = [];
  for (const [slo, { budget = none, burnLong, burnShort }] of slos) {
    const { present, stale } = presenceOf(budget, to);
    const remaining = stale && !isStale ? undefined : budgetFigure(present, scaleOf);
    const trend = trendOf(
      burnLong && highest(ofOneWindow(burnLong, burnMetrics.burnLong), to),
      burnShort && highest(ofOneWindow(burnShort, burnMetrics.burnShort), to)
    );
    budgets.push(remaining ? { slo, remaining, trend } : { slo, trend });
  }
  return budgets.sort((a, b) => (a.remaining?.value ?? 2) - (b.remaining?.value ?? 2) || (a.slo < b.slo ? -1 : 1));
}

/** Of recorded rates over many windows those over the first of these. */
function ofOneWindow(series: readonly Series[], metrics: readonly string[]): readonly Series[] {
  const first = metrics.find((metric) => series.some((one) => one.metric === metric));
  return first === undefined ? series : series.filter(({ metric }) => metric === first);
}

/** Of what still has data: a rate that ended says nothing of now. */
function highest(series: readonly Series[], to: number): number | undefined {
  const { present, stale } = presenceOf(series, to);
  const rates = stale ? [] : present.map((one) => numberAt(one, one.last)).filter((rate) => !Number.isNaN(rate));
  return rates.length === 0 ? undefined : Math.max(...rates);
}
