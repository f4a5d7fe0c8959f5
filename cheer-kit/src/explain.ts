import { judge, type CheerLimits, type Level } from './conditions';
import type { EngineState, WorstFigures } from './engine-state';
import type { Finding } from './held-reasons';
import { conditionNames, type Condition, type ConditionName } from './verdict';

const blocks = [
  ['fenced', 'red'],
  ['refusing', 'red'],
  ['degraded', 'yellow'],
  ['draining', 'yellow'],
] as const;

/** The conditions in words and figures, and what of them is wrong now. */
export function explain(
  worst: WorstFigures,
  limits: CheerLimits,
  state: Pick<EngineState, 'refusing' | 'fenced' | 'degraded' | 'draining'>,
): { conditions: Condition[]; findings: Finding[] } {
  const levels = judge(worst.figures, limits);
  const conditions = conditionNames.map((name) => describe(name, levels[name], worst, limits, 'is'));
  const findings: Finding[] = [];
  for (const [code, severity] of blocks) {
    const detail = state[code];
    if (detail !== undefined) findings.push({ code, severity, detail, past: `was: ${detail}` });
  }
  for (const { name, detail } of conditions) {
    const severity = levels[name];
    if (severity === 'green') continue;
    const past = describe(name, severity, worst, limits, 'was').detail;
    findings.push({ code: name, severity, detail, past });
  }
  if (levels.breakers === 'green' && worst.probing.length > 0) {
    const breaker = `the breaker of ${worst.probing.join(' and of ')}`;
    findings.push({
      ...{ code: 'breakers', severity: 'yellow', undecided: true },
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
): Condition {
  const ok = level === 'green';
  const { figures, slo, fullest, oldest, open } = worst;
  switch (name) {
    case 'error_budget': {
      const limit = limits.budgetFloorRatio;
      if (!slo || slo.good + slo.bad === 0) {
        return { name, ok, limit, detail: `no events in the last hour; floor ${percent(limit)}` };
      }
      const remaining = figures.errorBudgetRemaining;
      const budget = `the budget of ${slo.definition.name} ${is}`;
      const left =
        remaining < 0 ? `${budget} overspent ${times(remaining)}` : `${percent(remaining)} of ${budget} left`;
      const detail = `${left} (${slo.bad} of ${slo.good + slo.bad} events were bad); floor ${percent(limit)}`;
      return { name, ok, figure: remaining, limit, detail };
    }
    case 'latency': {
      const limit = limits.latencyTargetSeconds;
      const p90 = figures.latencyP90Seconds;
      if (p90 === null) {
        return { name, ok, limit, detail: `no events in the last 5 minutes; target ${seconds(limit)}` };
      }
      return { name, ok, figure: p90, limit, detail: `p90 ${is} ${seconds(p90)}; target ${seconds(limit)}` };
    }
    case 'saturation': {
      const limit = limits.saturationCeilingRatio;
      if (!fullest) return { name, ok, limit, detail: `no queue is known; ceiling ${percent(limit)}` };
      const { name: queue, saturation } = fullest;
      const detail = `queue ${queue} ${is} ${percent(saturation)} full; ceiling ${percent(limit)}`;
      return { name, ok, figure: saturation, limit, detail };
    }
    case 'age': {
      if (!oldest) return { name, ok, limit: 0, detail: 'no queue has an age target' };
      const { name: queue, ageSeconds: figure, targetSeconds: limit } = oldest;
      const detail = `oldest item in queue ${queue} ${is} ${seconds(figure)} old; target ${seconds(limit)}`;
      return { name, ok, figure, limit, detail };
    }
    case 'breakers': {
      const rule = is === 'is' ? '; none may be' : '';
      const detail = ok ? 'no breaker is open' : `the breaker of ${open.join(' and of ')} ${is} open${rule}`;
      return { name, ok, figure: open.length, limit: 0, detail };
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
