import type { RuleProfile } from './fast-profile';
import { generateRules } from './generate-rules';
import type { PlainSlo, RulesSpec } from './spec';
import { specWarnings } from './spec';

const links = { runbooks: 'https://wiki.example.test/r', dashboards: 'https://grafana.example.test/d' };
const counters: PlainSlo = {
  ...{ name: 'availability', service: 'checkout', namespace: 'shop', objective: 0.999, minBadEvents: 10 },
  sli: { good: 'requests_total{code!~"5.."}', total: 'requests_total' },
};

function spec(...slos: PlainSlo[]): RulesSpec {
  return { links, kit: false, slos };
}

function recorded(rules: RulesSpec, record: string): string[] {
  return generateRules(rules)
    .recording.flatMap((group) => group.rules)
    .filter((rule) => rule.record === record)
    .map(({ expr }) => expr.replace(/\s+/g, ' '));
}

describe('an SLO over two counters', () => {
  test('all that are not good are bad, also before the first good one', () => {
    expect(recorded(spec(counters), 'service_slo:cheer_slo_bad_events:rate5m')).toEqual([
      'clamp_min( sum by () (rate(requests_total[5m])) - (sum by () (rate(requests_total{code!~"5.."}[5m])) ' +
        'or 0 * sum by () (rate(requests_total[5m]))) , 0)',
    ]);
  });

  test('takes the identity that is not given from the series, and only of those that have a service', () => {
    const { service: _, namespace: __, ...shared } = counters;
    expect(recorded(spec(shared), 'service_slo:cheer_slo_events:rate5m')).toEqual([
      'sum by (namespace, service) (rate(requests_total{service!=""}[5m]))',
    ]);
  });

  test('has its objective and guard on the series that are there', () => {
    expect(recorded(spec(counters), 'service_slo:cheer_slo_objective_ratio:max')).toEqual([
      '0.999 * group by (namespace, service, slo) (last_over_time(service_slo:cheer_slo_events:rate5m' +
        '{namespace="shop", service="checkout", slo="availability"}[1h]))',
    ]);
  });
});

test.each([
  [0.25, 'le="0.25"'],
  [1, 'le=~"1|1[.]0"'],
])('an SLO over a histogram: good is the bucket of the threshold %d', (threshold, le) => {
  const slo: PlainSlo = { ...counters, sli: { histogram: 'seconds{job="x"}', threshold } };
  expect(recorded(spec(slo), 'service_slo:cheer_slo_bad_events:rate1h')).toEqual([
    `clamp_min( sum by () (rate(seconds_count{job="x"}[1h])) - sum by () (rate(seconds_bucket{job="x", ${le}}[1h])) , 0)`,
  ]);
});

test('without the kit there are only the rules of SLOs, and whether alerting works', () => {
  const { alerts } = generateRules(spec(counters));
  const names = alerts.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect([...new Set(names)]).toEqual([
    'CheerErrorBudgetBurn',
    'CheerErrorBudgetExhausted',
    'CheerRuleEvaluationFailing',
    'CheerWatchdog',
  ]);
});

test('two SLOs of one service are told apart by their labels in every record', () => {
  const rules = generateRules(spec(counters, { ...counters, name: 'other' })).recording.flatMap(
    (g) => g.rules,
  );
  const keys = rules.map(({ record, labels }) => JSON.stringify([record, labels]));
  expect(new Set(keys).size).toBe(keys.length);
});

describe('the fast profile', () => {
  const kit = { links, kit: true, slos: [] };
  const isCondition = ({ record }: { record: string }): boolean =>
    /^service_(condition|instance_slo):/.test(record);
  const conditions = (profile: RuleProfile) =>
    generateRules(kit, profile).recording.flatMap(({ rules }) => rules.filter(isCondition));
  const fast = (): string => {
    const { recording, alerts } = generateRules(kit, 'fast');
    const rest = recording.map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => !isCondition(rule)),
    }));
    return JSON.stringify([rest, alerts]);
  };

  test('divides every range, offset and wait by sixty, and keeps the names', () => {
    const text = fast();
    expect(text).toContain('service_slo:cheer_slo_events:rate1d offset 2880s');
    expect(text).toContain('increase1h[43200s]');
    expect(text).toContain('[15s] offset 1440s');
    expect(text).toContain('[360s], 1440)');
    expect(text).not.toMatch(/\[\d+[mhd]\]|"(?:for|keep_firing_for|interval)":"\d+[mhd]"/);
    expect(text).toContain('"interval":"1s"');
  });

  test('leaves the conditions of health over the ranges by which the processes judge themselves', () => {
    expect(conditions('fast')).toEqual(conditions('standard'));
    expect(JSON.stringify(conditions('fast'))).toContain('[1h]');
    expect(JSON.stringify(conditions('fast'))).toContain('[5m]');
  });

  test('leaves what stands in quotes alone', () => {
    const slo: PlainSlo = { ...counters, sli: { good: 'a{path=~"[5m]"}', total: 'a' } };
    expect(JSON.stringify(generateRules(spec(slo), 'fast'))).toContain('path=~\\"[5m]\\"');
  });
});

describe('what can not be used is said, all of it at once', () => {
  test.each<[string, Partial<PlainSlo>, string]>([
    ['a name', { name: 'A b' }, 'its name must be of a-z, 0-9 and -'],
    ['an objective of 1', { objective: 1 }, 'objective 1 must be at least 0 and below 1'],
    ['no number', { objective: NaN }, 'objective NaN must be'],
    ['half an event', { minBadEvents: 0.5 }, 'minBadEvents 0.5 must be a whole number'],
    ['a query', { sli: { good: 'rate(a[5m])', total: 'a' } }, 'good must be a selector'],
    ['a range', { sli: { good: 'a', total: 'a[5m]' } }, 'total must be a selector'],
    ['no threshold', { sli: { histogram: 'a', threshold: 0 } }, 'threshold 0 must be above 0'],
  ])('%s', (_, wrong, message) => {
    const make = (): unknown => generateRules(spec({ ...counters, ...wrong }, { ...counters, name: '-' }));
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
    expect(make).toThrow('SLO -:');
  });

  test('one name twice', () => {
    expect(() => generateRules(spec(counters, counters))).toThrow('two of this service have this name');
  });
});

test('warns of an objective that no outage can burn fast enough', () => {
  expect(specWarnings(spec({ ...counters, objective: 0.93 }), 14.4)).toHaveLength(1);
  expect(specWarnings(spec({ ...counters, objective: 0.931 }), 14.4)).toEqual([]);
});
