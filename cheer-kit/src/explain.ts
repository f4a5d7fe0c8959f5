import { judge, type CheerLimits, type Level } from './conditions';
import type { EngineState, WorstFigures } from './engine-state';
import type { Finding } from './held-reasons';
import { conditionNames, type Condition, type ConditionName } from './verdict';

/** The conditions in words and figures, and what of them is wrong now. */
export function explain(
  worst: WorstFigures,
  limits: CheerLimits,
  state: Pick<EngineState, 'refusing' | 'fenced' | 'draining'>,
): { conditions: Condition[]; findings: Finding[] } {
  const levels = judge(worst.figures, limits);
  const conditions = conditionNames.map((name) => describe(name, levels[name], worst, limits));
  const findings: Finding[] = [];
  if (state.fenced !== undefined) findings.push({ code: 'fenced', severity: 'red', detail: state.fenced });
  if (state.refusing !== undefined)
    findings.push({ code: 'refusing', severity: 'red', detail: state.refusing });
  if (state.draining !== undefined)
    findings.push({ code: 'draining', severity: 'yellow', detail: state.draining });
  for (const { name, detail } of conditions) {
    const severity = levels[name];
    if (severity !== 'green') findings.push({ code: name, severity, detail });
  }
  return { conditions, findings };
}

function describe(name: ConditionName, level: Level, worst: WorstFigures, limits: CheerLimits): Condition {
  const ok = level === 'green';
  const { figures, slo, fullest, oldest, open } = worst;
  switch (name) {
    case 'error_budget': {
      const limit = limits.budgetFloorRatio;
      if (!slo || slo.good + slo.bad === 0) {
        return { name, ok, limit, detail: `no events in the last hour; floor ${percent(limit)}` };
      }
      const left = `${percent(figures.errorBudgetRemaining)} of the budget of ${slo.definition.name} is left`;
      const detail = `${left} (${slo.bad} of ${slo.good + slo.bad} events were bad); floor ${percent(limit)}`;
      return { name, ok, figure: figures.errorBudgetRemaining, limit, detail };
    }
    case 'latency': {
      const limit = limits.latencyTargetSeconds;
      const p90 = figures.latencyP90Seconds;
      if (p90 === null) {
        return { name, ok, limit, detail: `no events in the last 5 minutes; target ${seconds(limit)}` };
      }
      return { name, ok, figure: p90, limit, detail: `p90 is ${seconds(p90)}; target ${seconds(limit)}` };
    }
    case 'saturation': {
      const limit = limits.saturationCeilingRatio;
      if (!fullest) return { name, ok, limit, detail: `no queue is known; ceiling ${percent(limit)}` };
      const { name: queue, saturation } = fullest;
      const detail = `queue ${queue} is ${percent(saturation)} full; ceiling ${percent(limit)}`;
      return { name, ok, figure: saturation, limit, detail };
    }
    case 'age': {
      if (!oldest) return { name, ok, limit: 0, detail: 'no queue has an age target' };
      const { name: queue, ageSeconds: figure, targetSeconds: limit } = oldest;
      const detail = `oldest item in queue ${queue} is ${seconds(figure)} old; target ${seconds(limit)}`;
      return { name, ok, figure, limit, detail };
    }
    case 'breakers': {
      const detail = ok ? 'no breaker is open' : `breaker open: ${open.join(', ')}; none may be`;
      return { name, ok, figure: open.length, limit: 0, detail };
    }
  }
}

function percent(ratio: number): string {
  return `${trim(ratio * 100)} %`;
}

function seconds(value: number): string {
  return value < 1 ? `${trim(value * 1000)} ms` : `${trim(value)} s`;
}

/** Three significant digits, plainly written. */
function trim(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
