/** How the good ones among all events of a plain service are told. */
export type Sli =
  | {
      /** Selectors of counters, without a range: `http_requests_total{job="shop", code!~"5.."}`. */
      readonly good: string;
      readonly total: string;
    }
  | {
      /** Selector of a classic histogram, by the name without `_bucket`: `request_seconds{job="shop"}`. */
      readonly histogram: string;
      /** In the histogram's unit: events up to it are good. It must be the bound of a bucket. */
      readonly threshold: number;
    };

/** A promise of a service that does not use the kit, over a counter or a histogram that it has anyway. */
export interface PlainSlo {
  /** Value of the label `slo`. */
  readonly name: string;
  /** Value of the label `service`; when absent, the label that the series carry. */
  readonly service?: string;
  /** Value of the label `namespace`; when absent, the label that the series carry. */
  readonly namespace?: string;
  /** Ratio of events that must be good, at least 0 and below 1. */
  readonly objective: number;
  /** The burn alerts stay silent below this many bad events in their long window. */
  readonly minBadEvents: number;
  readonly sli: Sli;
}

/** What `generateRules` is given. */
export interface RulesSpec {
  /** Where alerts point to. */
  readonly links: {
    /** A page with one anchor for each alert: its name in lower case. */
    readonly runbooks: string;
    /** The address under which dashboards are found by their uid. */
    readonly dashboards: string;
  };
  /** True to make the rules of all services that have the kit's metrics. */
  readonly kit: boolean;
  readonly slos: readonly PlainSlo[];
}

const labelName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const selector = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^]*\})?$/;

/**
 * What of it can't be used, in sentences; empty when all of it can. What PromQL itself is made of is Prometheus' to
 * check: `promtool check rules`.
 */
export function specProblems({ slos }: RulesSpec): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const slo of slos) {
    const { name, objective, minBadEvents, sli } = slo;
    const say = (text: string): void => void problems.push(`SLO ${name}: ${text}`);
    if (!labelName.test(name)) say('its name must be of a-z, 0-9 and -');
    if (!(objective >= 0 && objective < 1)) say(`objective ${objective} must be at least 0 and below 1`);
    if (!(Number.isInteger(minBadEvents) && minBadEvents >= 0)) {
      say(`minBadEvents ${minBadEvents} must be a whole number of at least 0`);
    }
    const selectors = 'good' in sli ? { good: sli.good, total: sli.total } : { histogram: sli.histogram };
    for (const [role, text] of Object.entries(selectors)) {
      if (!selector.test(text.trim())) {
        say(`${role} must be a selector such as requests_total{job="shop"}, without a range, and is ${text}`);
      }
    }
    if ('threshold' in sli && !(sli.threshold > 0 && Number.isFinite(sli.threshold))) {
      say(`threshold ${sli.threshold} must be above 0`);
    }
    const key = `${slo.namespace ?? ''}/${slo.service ?? ''}/${name}`;
    if (seen.has(key)) say('two of this service have this name');
    seen.add(key);
  }
  return problems;
}

/** Sentences about what works, but not as one would think. */
export function specWarnings({ slos }: RulesSpec, fastestFactor: number): string[] {
  return slos
    .filter(({ objective }) => objective < 1 - 1 / fastestFactor)
    .map(
      ({ name, objective }) =>
        `SLO ${name}: with an objective of ${objective} no outage can burn ${fastestFactor} times too fast, ` +
        'so that the tier for fast burns never fires; the slower ones do.',
    );
}
