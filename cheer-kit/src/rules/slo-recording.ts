import { PlainSloRules } from './plain-sli';
import { bySlo, indented, lines, own, summedRate } from './promql';
import type { RecordingRule, RuleGroup } from './rule';
import type { RulesSpec } from './spec';
import { rateWindows, rawWindows, sumsOf, type WindowSum } from './windows';

const counter = 'cheer_slo_events_total';
const events = 'service_slo:cheer_slo_events';
const badEvents = 'service_slo:cheer_slo_bad_events';
const ratio = 'service_slo:cheer_slo_bad_events_per_events';
const objective = 'service_slo:cheer_slo_objective_ratio:max';
const hourlyEvents = 'service_slo:cheer_slo_hourly_events:increase1h';
const hourlyBadEvents = 'service_slo:cheer_slo_hourly_bad_events:increase1h';

function increase(selector: string, range: string): string {
  return `sum by (${bySlo}) (increase(${selector}[${range}]))`;
}

function share(bad: string, all: string): string {
  return lines(bad, '/', `(${all} > 0)`);
}

/**
 * A long window from shorter ones that lie end to end: a few points are read, where an average or an increase over days
 * would read every sample of them, and a sum of increases counts no event that was not. What was not recorded then, as the
 * service is younger, adds nothing.
 */
function endToEnd(record: string, { of, offsets }: WindowSum): string {
  const series = `${record}${of}`;
  return lines(series, ...offsets.map((offset) => `+ (${series} offset ${offset} or 0 * ${series})`));
}

/** An SLO without events has spent nothing, as the process sees it, too. */
function remaining(spent: string): string {
  return lines(`1 - ${spent} / on (${bySlo}) (1 - ${objective})`, `or on (${bySlo}) (${objective} * 0 + 1)`);
}

/** Rates, ratios, burn rates and the health's budget: what alerts and dashboards read, one after the other. */
export function sloRules({ kit, slos }: RulesSpec): RecordingRule[] {
  const plain = slos.map((slo) => new PlainSloRules(slo));
  const all = own(counter);
  const bad = own(counter, 'result="bad"');
  return [
    ...rawWindows.flatMap((window) => [
      ...(kit
        ? [
            { record: `${events}:rate${window}`, expr: summedRate(bySlo, all, window) },
            { record: `${badEvents}:rate${window}`, expr: summedRate(bySlo, bad, window) },
          ]
        : []),
      ...plain.flatMap((slo) => slo.rates(window)),
    ]),
    ...sumsOf.rates.flatMap((sum) =>
      [events, badEvents].map((name) => ({
        record: `${name}:rate${sum.window}`,
        expr: lines('(', `  ${indented(endToEnd(`${name}:rate`, sum))}`, `) / ${sum.offsets.length + 1}`),
      })),
    ),
    ...(kit ? [{ record: `${badEvents}:increase1h`, expr: increase(bad, '1h') }] : []),
    ...plain.map((slo) => slo.increase(`${badEvents}:increase1h`, 'bad', '1h')),
    ...sumsOf.increases.map((sum) => ({
      record: `${badEvents}:increase${sum.window}`,
      expr: endToEnd(`${badEvents}:increase`, sum),
    })),
    ...rateWindows.map((window) => ({
      record: `${ratio}:ratio_rate${window}`,
      expr: share(`${badEvents}:rate${window}`, `${events}:rate${window}`),
    })),
    ...(kit
      ? [
          // Over an hour, so that a scrape that is missed, or a process that restarts, does not take the alerts away.
          { record: objective, expr: lastMax('cheer_slo_objective_ratio') },
          { record: 'service_slo:cheer_slo_min_bad_events:max', expr: lastMax('cheer_slo_min_bad_events') },
        ]
      : []),
    ...plain.flatMap((slo) => slo.constants()),
    ...rateWindows.map((window) => ({
      record: `service_slo:cheer_burn_rate:${window}`,
      expr: `${ratio}:ratio_rate${window} / on (${bySlo}) (1 - ${objective})`,
    })),
    { record: 'service_slo:cheer_error_budget_remaining:ratio_1h', expr: remaining(`${ratio}:ratio_rate1h`) },
  ];
}

function lastMax(metric: string): string {
  return `max by (${bySlo}) (last_over_time(${own(metric)}[1h]))`;
}

/** One point an hour: thirty days of them are 720, while thirty days of the other series' points cost seconds to add. */
export function hourlyGroup({ kit, slos }: RulesSpec): RuleGroup<RecordingRule> {
  const plain = slos.map((slo) => new PlainSloRules(slo));
  return {
    name: 'cheer-hours.rules',
    interval: '1h',
    rules: [
      ...(kit
        ? [
            { record: hourlyEvents, expr: increase(own(counter), '1h') },
            { record: hourlyBadEvents, expr: increase(own(counter, 'result="bad"'), '1h') },
          ]
        : []),
      ...plain.flatMap((slo) => [
        slo.increase(hourlyEvents, 'total', '1h'),
        slo.increase(hourlyBadEvents, 'bad', '1h'),
      ]),
    ],
  };
}

/**
 * Budgets of 7 and 30 days, weighted by events: sum over sum, so that a quiet night does not weigh as much as a busy
 * day. Until the first hour is recorded the last hour is all there is.
 *
 * Every two minutes: a series is taken for gone after five, and one that is written just as often would come and go.
 */
export function budgetGroup(): RuleGroup<RecordingRule> {
  const over = (hourly: string, now: string, days: string): string =>
    `(sum_over_time(${hourly}[${days}]) or on (${bySlo}) ${now})`;
  return {
    name: 'cheer-budget.rules',
    interval: '2m',
    rules: [
      ...['7d', '30d'].map((days) => ({
        record: `${ratio}:ratio_rate${days}`,
        expr: share(
          over(hourlyBadEvents, `${badEvents}:rate1h`, days),
          over(hourlyEvents, `${events}:rate1h`, days),
        ),
      })),
      {
        record: 'service_slo:cheer_error_budget_remaining:ratio',
        expr: remaining(`${ratio}:ratio_rate30d`),
      },
    ],
  };
}
