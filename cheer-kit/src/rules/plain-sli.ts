import { bySlo } from './promql';
import type { RecordingRule } from './rule';
import type { PlainSlo } from './spec';

/** Queries for the events of one plain SLO over a range: per second, or how many. */
interface Events {
  total(of: 'rate' | 'increase', range: string): string;
  bad(of: 'rate' | 'increase', range: string): string;
}

interface Parts {
  readonly metric: string;
  /** Without braces; empty when there are none. */
  readonly matchers: string;
}

function partsOf(selector: string): Parts {
  const [, metric = '', inside = ''] = /^([^{]+)(?:\{([^]*)\})?$/.exec(selector.trim()) ?? [];
  return { metric, matchers: inside.trim().replace(/,$/, '') };
}

/** The bound as a label: Prometheus 3 writes whole numbers with a decimal, earlier ones as the process did. */
function boundMatcher(threshold: number): string {
  const text = String(threshold);
  return Number.isInteger(threshold) ? `le=~"${text}|${text}[.]0"` : `le="${text}"`;
}

function select(metric: string, ...matchers: readonly string[]): string {
  const inside = matchers.filter((matcher) => matcher !== '').join(', ');
  return inside === '' ? metric : `${metric}{${inside}}`;
}

/** What of the identity the series must bring along, as it is not given. */
function groupingOf({ service, namespace }: PlainSlo): { by: string; matcher: string } {
  const missing = [
    ...(namespace === undefined ? ['namespace'] : []),
    ...(service === undefined ? ['service'] : []),
  ];
  return { by: `by (${missing.join(', ')})`, matcher: service === undefined ? 'service!=""' : '' };
}

function eventsOf(slo: PlainSlo): Events {
  const { sli } = slo;
  const { by, matcher } = groupingOf(slo);
  const sum = (of: string, selector: string, range: string): string =>
    `sum ${by} (${of}(${selector}[${range}]))`;
  if ('histogram' in sli) {
    const { metric, matchers } = partsOf(sli.histogram);
    const total = select(`${metric}_count`, matchers, matcher);
    const good = select(`${metric}_bucket`, matchers, matcher, boundMatcher(sli.threshold));
    return {
      total: (of, range) => sum(of, total, range),
      // A histogram has all of its buckets or none: without this one the bound is wrong, and nobody must be paged for it.
      bad: (of, range) => `clamp_min(\n  ${sum(of, total, range)}\n  - ${sum(of, good, range)}\n, 0)`,
    };
  }
  const ofCounter = (selector: string): string => {
    const { metric, matchers } = partsOf(selector);
    return select(metric, matchers, matcher);
  };
  const [good, total] = [ofCounter(sli.good), ofCounter(sli.total)];
  return {
    total: (of, range) => sum(of, total, range),
    // A counter of good events may not be there before the first of them: then all events are bad.
    bad: (of, range) => {
      const all = sum(of, total, range);
      return `clamp_min(\n  ${all}\n  - (${sum(of, good, range)} or 0 * ${all})\n, 0)`;
    },
  };
}

/** The rules that turn a plain service's own metrics into the series that all SLO rules read. */
export class PlainSloRules {
  private readonly events: Events;
  private readonly labels: Readonly<Record<string, string>>;

  constructor(private readonly slo: PlainSlo) {
    const { name, service, namespace } = slo;
    this.events = eventsOf(slo);
    this.labels = {
      ...(namespace !== undefined && { namespace }),
      ...(service !== undefined && { service }),
      slo: name,
    };
  }

  rates(range: string): RecordingRule[] {
    return [
      this.rule(`service_slo:cheer_slo_events:rate${range}`, this.events.total('rate', range)),
      this.rule(`service_slo:cheer_slo_bad_events:rate${range}`, this.events.bad('rate', range)),
    ];
  }

  increase(record: string, of: 'bad' | 'total', range: string): RecordingRule {
    return this.rule(record, this.events[of]('increase', range));
  }

  /** Objective and guard are constants here, on the series that are there: an SLO without data says nothing. */
  constants(): RecordingRule[] {
    const { objective, minBadEvents } = this.slo;
    const series = this.selected('service_slo:cheer_slo_events:rate5m');
    const present = `group by (${bySlo}) (last_over_time(${series}[1h]))`;
    return [
      this.rule('service_slo:cheer_slo_objective_ratio:max', `${objective} * ${present}`),
      this.rule('service_slo:cheer_slo_min_bad_events:max', `${minBadEvents} * ${present}`),
    ];
  }

  private selected(metric: string): string {
    return select(metric, ...Object.entries(this.labels).map(([name, value]) => `${name}="${value}"`));
  }

  private rule(record: string, expr: string): RecordingRule {
    return { record, expr, labels: this.labels };
  }
}
