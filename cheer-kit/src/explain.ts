import { judge, type CheerLimits, type Level } from './conditions';
import type { EngineState, WorstFigures } from './engine-state';
import type { Finding, Measured } from './held-reasons';
import { conditionNames, conditionUnits, type Condition, type ConditionName } from './verdict';

const blocks = [
  ['fenced', 'red'],
  ['refusing', 'red'],
  ['degraded', 'yellow'],
  ['draining', 'yellow'],
] as const;

/** A condition as it is at one moment; since when is the engine's to know. */
export type ConditionNow = Omit<Condition, 'since'>;

/** The conditions in words and figures, and what of them is wrong now. */
export function explain(
  worst: WorstFigures,
  limits: CheerLimits,
  state: Pick<EngineState, 'refusing' | 'fenced' | 'degraded' | 'draining'>,
): { conditions: ConditionNow[]; findings: Finding[] } {
  const levels = judge(worst.figures, limits);
  const conditions = conditionNames.map((name) => describe(name, levels[name], worst, limits, 'is'));
  const findings: Finding[] = [];
  for (const [code, severity] of blocks) {
    const detail = state[code];
    if (detail !== undefined) findings.push({ code, severity, detail, past: `was: ${detail}` });
  }
  for (const { name, detail, figure, limit, unit } of conditions) {
    const severity = levels[name];
    if (severity === 'green') continue;
    const past = describe(name, severity, worst, limits, 'was').detail;
    const measured = figure !== undefined && { measured: { figure, limit, unit } };
    findings.push({ code: name, severity, detail, past, ...measured });
  }
  if (levels.breakers === 'green' && worst.probing.length > 0) {
    const breaker = `the breaker of ${worst.probing.join(' and of ')}`;
    const measured: Measured = { figure: worst.probing.length, limit: 0, unit: conditionUnits.breakers };
    findings.push({
      ...{ code: 'breakers', severity: 'yellow', undecided: true, measured },
      detail: `${breaker} is half open: one call probes it`,
      past: `${breaker} was half open`,
    });
  }
  return { conditions, findings };
}

function describe(
  name: ConditionName,
  level: Level,
  worst: WorstFigures,
  limits: CheerLimits,
  is: 'is' | 'was',
): ConditionNow {
  const ok = level === 'green';
  const unit = conditionUnits[name];
  const { figures, slo, fullest, oldest, open } = worst;
  switch (name) {
    case 'error_budget': {
      const limit = limits.budgetFloorRatio;
      if (!slo || slo.good + slo.bad === 0) {
        return { name, ok, unit, limit, detail: `no events in the last hour; floor ${percent(limit)}` };
      }
      const remaining = figures.errorBudgetRemaining;
      const budget = `the budget of ${slo.definition.name} ${is}`;
      const left =
        remaining < 0 ? `${budget} overspent ${times(remaining)}` : `${percent(remaining)} of ${budget} left`;
      const few =
        slo.judgedBudget === slo.budgetRemaining
          ? ''
          : `; fewer than ${slo.definition.minBadEvents} spend nothing`;
      const detail = `${left} (${slo.bad} of ${slo.good + slo.bad} events were bad${few}); floor ${percent(limit)}`;
      return { name, ok, unit, figure: remaining, limit, detail };
    }
    case 'latency': {
      const limit = limits.latencyTargetSeconds;
      const p90 = figures.latencyP90Seconds;
      if (p90 === null) {
        return { name, ok, unit, limit, detail: `no events in the last 5 minutes; target ${seconds(limit)}` };
      }
      return {
        name,
        ok,
        unit,
        figure: p90,
        limit,
        detail: `p90 ${is} ${seconds(p90)}; target ${seconds(limit)}`,
      };
    }
    case 'saturation': {
      const limit = limits.saturationCeilingRatio;
      if (!fullest) return { name, ok, unit, limit, detail: `no queue is known; ceiling ${percent(limit)}` };
      const { name: queue, saturation } = fullest;
      const detail = `queue ${queue} ${is} ${percent(saturation)} full; ceiling ${percent(limit)}`;
      return { name, ok, unit, figure: saturation, limit, detail };
    }
    case 'age': {
      if (!oldest) return { name, ok, unit, limit: 0, detail: 'no queue has an age target' };
      const { name: queue, ageSeconds: figure, targetSeconds: limit } = oldest;
      const detail = `oldest item in queue ${queue} ${is} ${seconds(figure)} old; target ${seconds(limit)}`;
      return { name, ok, unit, figure, limit, detail };
    }
    case 'breakers': {
      const rule = is === 'is' ? '; none may be' : '';
      const detail = ok ? 'no breaker is open' : `the breaker of ${open.join(' and of ')} ${is} open${rule}`;
      return { name, ok, unit, figure: open.length, limit: 0, detail };
    }
  }
}

function percent(ratio: number): string {
  return `${trim(ratio * 100)} %`;
}

/** How many times the whole budget was used; never shown as once, which would be spent to the last bit. */
function times(remaining: number): string {
  return `${trim(Math.max(1.01, 1 - remaining))}×`;
}

function seconds(value: number): string {
  return value < 1 ? `${trim(value * 1000)} ms` : `${trim(value)} s`;
}

/** Three significant digits, plainly written. */
function trim(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
