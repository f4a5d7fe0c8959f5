import { FieldType, toDataFrame } from '@grafana/data';
import { ago, from, model, only, prom, promStates, score, step, times, to } from './testing/frames';

const shop = { service: 'shop', namespace: 'prod' };

function shopFrames() {
  return [
    ...promStates(shop, [...times(10, 'green'), ...times(5, 'yellow'), ...times(3, 'red')]),
    score(shop, [...times(15, 96), 40, 31, 12.5]),
    prom({ __name__: 'cheer_condition', ...shop, condition: 'breakers' }, [...times(10, 1), ...times(8, 0)]),
    prom({ __name__: 'cheer_condition', ...shop, condition: 'latency' }, times(18, 1)),
    prom({ __name__: 'cheer_error_budget_remaining_ratio', ...shop, slo: 'delivery' }, [0.5, 0.4, 0.2]),
    prom({ __name__: 'cheer_error_budget_remaining_ratio', ...shop, slo: 'ingest' }, [0.9]),
    prom({ __name__: 'cheer_cheers_total', ...shop, traffic: 'real' }, [100, 160, 220, 10]),
    prom({ __name__: 'cheer_cheers_total', ...shop, traffic: 'synthetic' }, [100, 160, 220, 10]),
    prom({ __name__: 'cheer_missed_total', ...shop, traffic: 'real', reason: 'timeout' }, [0, 0, 2, 3]),
    prom({ __name__: 'up', job: 'x' }, [1]),
  ];
}

test('the answer to the README’s query is one service with all its facts', () => {
  const result = model(shopFrames());
  expect(result.status).toBe('ok');
  expect(result.problems).toEqual([]);
  expect(result.services).toHaveLength(1);
  const [service] = result.services;
  expect(service).toMatchObject({
    name: 'shop',
    state: 'red',
    since: ago(2),
    lastSeen: to,
    score: { value: 12.5 },
    reasons: [{ id: 'breakers', text: 'A breaker is open', since: ago(7) }],
    budgets: [
      { slo: 'delivery', remaining: { value: 0.2 }, trend: 'none' },
      { slo: 'ingest', remaining: { value: 0.9 }, trend: 'none' },
    ],
    cheers: 130,
    misses: 3,
  });
  expect(service.events.map(({ time, kind, text }) => [time, kind, text])).toEqual([
    [to, 'miss', '3 misses: timeout'],
    [ago(2), 'state', 'Red, was yellow'],
    [ago(7), 'state', 'Yellow, was green'],
  ]);
  expect(result.events).toEqual(service.events);
  expect(service.lastState).toBeUndefined();
});

test('the same data give the same model', () => {
  const [first, second] = [model(shopFrames()), model(shopFrames())];
  expect(JSON.stringify(second.services.map(({ score: _, budgets: __, events, ...rest }) => [rest, ids(events)]))).toBe(
    JSON.stringify(first.services.map(({ score: _, budgets: __, events, ...rest }) => [rest, ids(events)]))
  );
});

const ids = (events: ReadonlyArray<{ id: string }>) => events.map(({ id }) => id);

test('without series, or without a point, it is empty', () => {
  expect(model([])).toMatchObject({ status: 'empty', services: [], events: [], problems: [] });
  expect(model([score(shop, []), score(shop, [null, null])]).status).toBe('empty');
});

test('data of which none plays a role are unusable, and the hint names them', () => {
  const hosts = toDataFrame({
    fields: [
      { name: 'host', type: FieldType.string, values: ['web-1'] },
      { name: 'version', type: FieldType.string, values: ['1.9.2'] },
    ],
  });
  expect(model([hosts]).status).toBe('unusable');
  const names = ['a_total', 'b_total', 'c_total', 'd_total', 'e_total'];
  const result = model(names.map((__name__) => prom({ __name__ }, [1])));
  expect(result.status).toBe('unusable');
  expect(result.services).toEqual([]);
  expect(result.problems[0].text).toBe(
    'Nothing here says how a service is doing: a_total, b_total, c_total and 2 more'
  );
});

test('several pods: the worst state, the lowest score and budget, counters summed', () => {
  const pods = [0, 1, 2].map((pod) => ({ ...shop, pod: `shop-${pod}` }));
  const budget = (pod: object, value: number) =>
    prom({ __name__: 'cheer_error_budget_remaining_ratio', ...pod, slo: 'delivery' }, [value]);
  const service = only([
    ...promStates(pods[0], times(4, 'green')),
    ...promStates(pods[1], ['green', 'green', 'yellow', 'yellow']),
    ...promStates(pods[2], times(4, 'green')),
    ...pods.map((pod, index) => score(pod, [90, 80 - index])),
    ...pods.map((pod, index) => budget(pod, 0.5 + index / 10)),
    ...pods.map((pod) => prom({ __name__: 'cheer_missed_total', ...pod, reason: 'error' }, [5, 6])),
  ]);
  expect(service).toMatchObject({ state: 'yellow', since: ago(1), score: { value: 78 }, misses: 3 });
  expect(service.budgets).toMatchObject([{ slo: 'delivery', remaining: { value: 0.5 } }]);
  expect(service.events.filter(({ kind }) => kind === 'state')).toHaveLength(1);
});

test('a pod that has gone neither makes its service stale nor speaks for it', () => {
  const gone = { ...shop, pod: 'old' };
  const came = { ...shop, pod: 'new' };
  const service = only([
    ...promStates(gone, ['green', 'red'], { end: ago(20) }),
    score(gone, [3], { end: ago(20) }),
    ...promStates(came, times(18, 'green')),
    score(came, times(18, 97)),
  ]);
  expect(service).toMatchObject({ state: 'green', since: ago(17), score: { value: 97 }, lastSeen: to });
});

test('a service whose data ended is stale, and says what it said last', () => {
  const silent = { end: ago(10) };
  const service = only([...promStates(shop, ['green', 'green', 'yellow'], silent), score(shop, [90, 90, 50], silent)]);
  expect(service).toMatchObject({
    state: 'stale',
    lastState: 'yellow',
    since: ago(10),
    lastSeen: ago(10),
    score: { value: 50 },
    reasons: [],
  });
  expect(service.events[0]).toMatchObject({ state: 'stale', text: 'Stale, was yellow', time: ago(10) });
});

test('a score that ended while its service goes on is not how it is now', () => {
  const scores = score(shop, times(10, 96), { end: ago(8) });
  const service = only([...promStates(shop, [...times(10, 'green'), ...times(8, 'disabled')]), scores]);
  expect(service).toMatchObject({ state: 'disabled', score: undefined, history: { values: expect.anything() } });
});

test('a budget that ended is known no more while its service goes on, and is the last of one that is stale', () => {
  const budget = prom({ __name__: 'cheer_error_budget_remaining_ratio', ...shop }, [0.4], { end: ago(20) });
  expect(only([budget, ...promStates(shop, times(9, 'green'))]).budgets[0].remaining).toBeUndefined();
  expect(only([budget, ...promStates(shop, ['green'], { end: ago(20) })]).budgets[0].remaining?.value).toBe(0.4);
});

test('a state that ended is stale though the score goes on: silence never looks healthy', () => {
  const service = only([...promStates(shop, ['green'], { end: ago(10) }), score(shop, times(20, 100))]);
  expect(service).toMatchObject({ state: 'stale', lastState: 'green' });
});

test('a state that nothing says at the end is unknown, not green', () => {
  const noStates = only(promStates(shop, ['green', 'none']));
  expect(noStates.state).toBe('unknown');
  expect(noStates.since).toBeUndefined();
  expect(only([score(shop, [90, NaN])])).toMatchObject({ state: 'unknown' });
  expect(only([score(shop, [90, NaN])]).score).toBeUndefined();
  expect(only([prom({ __name__: 'cheer_cheers_total', ...shop }, [1, 2])]).state).toBe('unknown');
});

test('a gap is no change of state', () => {
  const [green, ...others] = promStates(shop, times(5, 'green'));
  green.fields[1].values = [1, 1, null, 1, 1];
  expect(only([green, ...others])).toMatchObject({ state: 'green', events: [] });
});

test('health and conditions tell the state where no series of states does', () => {
  const health = (value: number) => prom({ __name__: 'cheer_health', ...shop }, [1, value]);
  const condition = (value: number) =>
    prom({ __name__: 'service_condition:cheer_health_condition:bool', ...shop, condition: 'age' }, [1, value]);
  expect(only([health(0), score(shop, [100])]).state).toBe('red');
  expect(only([health(1), score(shop, [10])]).state).toBe('green');
  expect(only([health(0), ...promStates(shop, ['warming'])]).state).toBe('warming');
  expect(only([condition(1)])).toMatchObject({ state: 'green', reasons: [] });
  expect(only([condition(0)])).toMatchObject({ state: 'yellow', reasons: [{ text: 'Events wait too long' }] });
});

test('burn rates give each budget its trend, and one without data none', () => {
  const burn = (window: string, slo: string, rate: number) =>
    prom({ __name__: `service_slo:cheer_burn_rate:${window}`, service: 'shop', slo }, [rate]);
  const service = only([
    ...shopFrames(),
    burn('1h', 'delivery', 3),
    burn('5m', 'delivery', 2),
    burn('1h', 'other', 0.3),
    burn('5m', 'other', NaN),
    burn('30m', 'other', 9),
  ]);
  expect(service.budgets).toMatchObject([
    { slo: 'delivery', trend: 'critical' },
    { slo: 'ingest', trend: 'none' },
    { slo: 'other', trend: 'none' },
  ]);
  expect(service.budgets[2].remaining).toBeUndefined();
});

test('of recorded burn rates over many windows 1 h and 5 min are taken, or the shortest of those that there are', () => {
  const trendOf = (rates: Record<string, number>) =>
    only([
      ...promStates(shop, ['green']),
      ...Object.entries(rates).map(([window, rate]) =>
        prom({ __name__: `service_slo:cheer_burn_rate:${window}`, ...shop, slo: 'x' }, [rate])
      ),
    ]).budgets[0].trend;
  expect(trendOf({ '3d': 9, '1h': 3, '2h': 9, '5m': 0.1, '6h': 0.1, '30m': 9 })).toBe('recovering');
  expect(trendOf({ '6h': 3, '30m': 2, '2h': 0.1, '1d': 0.1 })).toBe('critical');
  expect(trendOf({ '6h': 3 })).toBe('none');
});

test('the text of a budget that is nearly full is not full, and of one that is nearly empty not empty', () => {
  const text = (value: number, config = {}) => {
    const budget = prom({ __name__: 'cheer_error_budget_remaining_ratio', ...shop }, [value], { config });
    return only([budget]).budgets[0].remaining?.display.text;
  };
  const values = [0, 0.0002, 0.0649, 0.5004, 0.84, 0.9994, 0.9997, 1];
  expect(values.map((value) => text(value))).toEqual(['0', '0.1', '6.5', '50', '84', '99.9', '99.9', '100']);
  expect([0.001, 0.5, 0.999, 1].map((value) => text(value, { decimals: 0 }))).toEqual(['1', '50', '99', '100']);
  expect(text(0.9997, { decimals: 2 })).toBe('99.97');
});

test('a budget is a ratio, or in percent when one of its metric is above; unit and maximum are the score’s', () => {
  const left = (values: number[], config = {}) =>
    only([prom({ ...shop, __name__: 'left' }, values, { refId: 'budget', config })]).budgets[0].remaining?.value;
  expect(left([0.84], { unit: 'percent', max: 100 })).toBe(0.84);
  expect(left([90, 84])).toBe(0.84);
  expect(left([1.0000001])).toBe(1);
});

test('one point has lasted for no time yet', () => {
  const condition = (values: number[]) => prom({ __name__: 'cheer_condition', ...shop, condition: 'age' }, values);
  const fresh = only([...promStates(shop, ['green', 'green', 'yellow']), condition([1, 1, 0])]);
  expect(fresh).toMatchObject({ state: 'yellow', since: undefined, events: [{ time: to }] });
  expect(fresh.reasons).toEqual([{ id: 'age', text: 'Events wait too long' }]);
  const later = only([...promStates(shop, ['green', 'yellow', 'yellow']), condition([1, 0, 0])]);
  expect(later).toMatchObject({ since: ago(1), reasons: [{ since: ago(1) }] });
});

test('counters without two points to compare count nothing', () => {
  const counter = (name: string, values: number[]) => prom({ __name__: name, ...shop }, values);
  const instant = only([counter('cheer_cheers_total', [7]), counter('cheer_missed_total', [NaN, NaN])]);
  expect([instant.cheers, instant.misses]).toEqual([undefined, undefined]);
});

test('in a range that ended long ago nothing is stale for being old', () => {
  const past = { from: from - 864e6, to: to - 864e6 };
  const service = only(promStates(shop, times(9, 'green'), { end: past.to }), {}, past);
  expect(service).toMatchObject({ state: 'green', lastSeen: past.to });
});

test('a pod that is off hides none that is well; one that starts is waited for', () => {
  const pod = (name: string, state: string) => promStates({ ...shop, pod: name }, times(3, state));
  expect(only([...pod('1', 'green'), ...pod('2', 'disabled')])).toMatchObject({ state: 'green', events: [] });
  expect(only([...pod('1', 'green'), ...pod('2', 'disabled'), ...pod('3', 'warming')]).state).toBe('warming');
});

test('an overspent budget is empty, one without data has no figure, and a full one is in percent', () => {
  const budget = (slo: string, value: number) =>
    prom({ __name__: 'cheer_error_budget_remaining_ratio', ...shop, slo }, [0.5, value]);
  const { budgets } = only([budget('a', -3), budget('b', NaN), budget('c', Infinity), budget('d', 0.934)]);
  expect(budgets.map(({ slo, remaining }) => [slo, remaining?.value])).toEqual([
    ['a', 0],
    ['d', 0.934],
    ['b', undefined],
    ['c', undefined],
  ]);
  expect(budgets[1].remaining?.display).toMatchObject({ text: '93.4', suffix: '%' });
});

test('a spent budget is a reason when nothing else says so', () => {
  const budget = prom({ __name__: 'cheer_error_budget_remaining_ratio', ...shop, slo: 'delivery' }, [0]);
  const condition = prom({ __name__: 'cheer_condition', ...shop, condition: 'error_budget' }, [0]);
  const red = promStates(shop, ['red']);
  expect(only([...red, budget]).reasons).toEqual([
    { id: 'budget:delivery', text: 'The error budget of delivery is spent' },
  ]);
  expect(only([...red, budget, condition]).reasons.map(({ id }) => id)).toEqual(['error_budget']);
  expect(only([...promStates(shop, ['green']), budget, condition]).reasons).toEqual([]);
});

test('unknown conditions are put into words', () => {
  const condition = (name: string) => prom({ __name__: 'cheer_condition', ...shop, condition: name }, [0]);
  const service = only([...promStates(shop, ['yellow']), condition('disk_space'), condition('constructor')]);
  expect(service.reasons.map(({ text }) => text)).toEqual(['Disk space fails', 'Constructor fails']);
});

test('an instant answer is of now', () => {
  const service = only([...promStates(shop, ['green']), score(shop, [88])]);
  expect(service).toMatchObject({ state: 'green', score: { value: 88 }, lastSeen: to });
  expect(service.history).toBeUndefined();
});

test('figures come with their source and the field’s display', () => {
  const frame = score(shop, [70, 88.8]);
  frame.fields[1].display = (value) => ({ text: `<${value}>`, numeric: Number(value) });
  const figure = only([frame]).score;
  expect(figure?.display.text).toBe('<88.8>');
  expect(figure?.source).toEqual({ frame, field: frame.fields[1], rowIndex: 1 });
  expect(figure?.display).toBe(figure?.display);
});

test('groups come from the label that is grouped by', () => {
  const services = model([score({ ...shop, team: 'a' }, [1]), score({ service: 'mail' }, [2])], { groupBy: 'team' });
  expect(services.services.map(({ name, group }) => [name, group])).toEqual([
    ['shop', 'a'],
    ['mail', undefined],
  ]);
});

test('the history has at most 60 points, keeps dips, and shows gaps', () => {
  const values = Array.from({ length: 240 }, (_, index) => (index === 100 ? 3 : 90));
  const whole = only([score(shop, values)]).history;
  expect(whole?.times.length).toBeLessThanOrEqual(60);
  expect(whole?.times.length).toBeGreaterThan(55);
  expect(Math.min(...(whole?.values ?? []).map(Number))).toBe(3);
  expect(whole?.values).not.toContain(null);
  const gap = only([score(shop, [...values.slice(0, 80), ...times(60, null), ...values.slice(140)])]).history;
  expect(gap?.values.filter((value) => value === null)).toHaveLength(1);
  expect(gap?.times.every((time, index, all) => index === 0 || time > all[index - 1])).toBe(true);
});

test('points stay where they are in the history when the range moves on', () => {
  const values = Array.from({ length: 300 }, (_, index) => 50 + (index % 7));
  const before = only([score(shop, values)]).history;
  const moved = { from: from + 4 * step, to: to + 4 * step };
  const after = only([score(shop, [...values, 50, 50, 50, 50], { end: moved.to })], {}, moved).history;
  expect(after?.times.slice(0, -4)).toEqual(expect.arrayContaining([...(before?.times.slice(4, -4) ?? [])]));
});
