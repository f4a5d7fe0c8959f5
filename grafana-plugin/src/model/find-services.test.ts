import { FieldType, type Labels, toDataFrame } from '@grafana/data';
import { model, prom, promStates, score } from './testing/frames';

const names = (...args: Parameters<typeof model>) =>
  model(...args)
    .services.map(({ name }) => name)
    .sort();

test('the likeliest label that exists names a service', () => {
  expect(names([score({ pod: 'p', job: 'j', service: 's' }, [1])])).toEqual(['s']);
  expect(names([score({ pod: 'p', job: 'j' }, [1])])).toEqual(['j']);
  expect(names([score({ pod: 'p' }, [1])])).toEqual(['p']);
  expect(names([score({ service: '', job: 'j' }, [1])])).toEqual(['j']);
});

test('a label that differs comes before one that does not, but pods are parts of a service', () => {
  const one = { job: 'all', app: 'a', pod: 'p1' };
  expect(names([score(one, [1]), score({ ...one, app: 'b' }, [1])])).toEqual(['a', 'b']);
  expect(names([score(one, [1]), score({ ...one, pod: 'p2' }, [1])])).toEqual(['all']);
  const service = { service: 's', job: 'j1' };
  expect(names([score(service, [1]), score({ ...service, job: 'j2' }, [1])])).toEqual(['s']);
});

test('the chosen label names it, and where it is missing the likeliest', () => {
  const frames = [score({ service: 's', shop: 'x' }, [1]), score({ service: 's', shop: 'y' }, [1])];
  expect(names(frames, { serviceLabel: 'shop' })).toEqual(['x', 'y']);
  expect(names([...frames, score({ service: 's' }, [1])], { serviceLabel: 'shop' })).toEqual(['s', 'x', 'y']);
});

test('a namespace is part of the key, and of the name only where two have the same', () => {
  const shop = { service: 'shop', namespace: 'a' };
  const { services } = model([score(shop, [1]), score({ service: 'mail', namespace: 'a' }, [2])]);
  expect(services.map(({ key, name }) => [key, name])).toEqual([
    ['["a","shop"]', 'shop'],
    ['["a","mail"]', 'mail'],
  ]);
  expect(names([score(shop, [1]), score({ ...shop, namespace: 'b' }, [1])])).toEqual(['a/shop', 'b/shop']);
});

test('what lacks the namespace belongs to the only service of its name', () => {
  const burn = prom({ __name__: 'service_slo:cheer_burn_rate:1h', service: 'shop', slo: 'x' }, [1]);
  const shop = score({ service: 'shop', namespace: 'a' }, [1]);
  const { services } = model([burn, shop]);
  expect(services).toMatchObject([{ key: '["a","shop"]', name: 'shop', budgets: [{ slo: 'x' }] }]);
  expect(names([burn, shop, score({ service: 'shop', namespace: 'b' }, [1])])).toHaveLength(3);
});

test('queries without labels are one service where each plays a role of its own', () => {
  const frames = [
    prom({}, [80], { refId: 'score' }),
    prom({}, [0.4], { refId: 'budget' }),
    ...['cheers', 'misses'].map((refId) => prom({}, [1, 2], { refId })),
  ];
  const { services } = model(frames);
  expect(services).toMatchObject([{ score: { value: 80 }, budgets: [{ slo: '' }], cheers: 1, misses: 1 }]);
});

test('states, conditions and budgets without any other label are of one service', () => {
  const condition = (name: string) => prom({ __name__: 'cheer_condition', condition: name }, [Number(name !== 'age')]);
  const budget = (slo: string) => prom({ __name__: 'cheer_error_budget_remaining_ratio', slo }, [0.5]);
  // Grafana's own legend of series that differ in one label is its value.
  const states = promStates({}, ['yellow']).map((frame) => ({ ...frame, name: frame.fields[1].labels?.['state'] }));
  const frames = [...states, score({}, [40]), budget('a'), budget('b')];
  const { services } = model([...frames, condition('age'), condition('latency')]);
  expect(services).toMatchObject([
    { name: 'Service', state: 'yellow', score: { value: 40 }, reasons: [{ id: 'age' }] },
  ]);
  expect(services[0].budgets).toHaveLength(2);
});

test('without a likely label other labels name a service, the same in all its metrics', () => {
  const frames = ['a', 'b'].flatMap((site) => [
    prom({ __name__: 'apdex', site }, [0.9], { refId: 'score' }),
    prom({ __name__: 'left', slo: 'x', site }, [0.4], { refId: 'budget' }),
  ]);
  const { services } = model(frames);
  expect(services.map(({ name, budgets }) => [name, budgets.length])).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
});

test('columns of one role are a service each, named after the column', () => {
  const frame = toDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: [1, 2] },
      { name: 'checkout', type: FieldType.number, values: [1, 90] },
      { name: 'mail', type: FieldType.number, values: [1, 40] },
    ],
  });
  expect(names([frame], { mappings: [{ role: 'score', name: '/./' }] })).toEqual(['checkout', 'mail']);
});

test('a frame of one service, its columns named after roles', () => {
  const columns = [
    { name: 'Time', type: FieldType.time, values: [1, 2] },
    { name: 'score', type: FieldType.number, values: [1, 90] },
    { name: 'state', type: FieldType.string, values: ['red', 'Warning'] },
  ];
  const named = model([toDataFrame({ name: 'checkout', fields: columns })]);
  expect(named.services).toMatchObject([{ name: 'checkout', lastState: 'yellow', score: { value: 90 } }]);
  expect(names([toDataFrame({ fields: columns })])).toEqual(['Service']);
});

test('keys are unique whatever the labels hold', () => {
  const labels: Labels[] = [
    { service: 'b/c', namespace: 'a' },
    { service: 'c', namespace: 'a/b' },
    { service: '["a","c"]' },
    { service: 'c', namespace: 'a' },
  ];
  const keys = model(labels.flatMap((one) => promStates(one, ['green']))).services.map(({ key }) => key);
  expect(new Set(keys).size).toBe(labels.length);
});
