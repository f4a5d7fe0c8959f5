import { FieldType, type Labels, toDataFrame } from '@grafana/data';
import { ago, from, model, only, prom, promStates, score, step, times, to } from './testing/frames';

const shop = { service: 'shop' };
const misses = (reason: string, values: number[]) =>
  prom({ __name__: 'cheer_missed_total', ...shop, traffic: 'real', reason }, values);
const cheers = (values: number[]) => prom({ __name__: 'cheer_cheers_total', ...shop, traffic: 'real' }, values);
const texts = (events: ReadonlyArray<{ text: string }>) => events.map(({ text }) => text);

test('misses that come together are one event with their reasons, the most frequent first', () => {
  const service = only([
    misses('timeout', [...times(20, 0), 1, 2, ...times(20, 2)]),
    misses('error', [...times(21, 0), 5, ...times(20, 5)]),
    misses('latency', [...times(41, 0), 1]),
  ]);
  expect(texts(service.events)).toEqual(['1 miss: latency', '7 misses: error 5, timeout 2']);
  expect(service.events[1]).toMatchObject({ kind: 'miss', service: 'shop', time: ago(20) });
  expect(service.misses).toBe(8);
});

test('misses that go on keep their event, though its begin leaves the range', () => {
  const early = only([misses('timeout', [5, 6, 7, 8])]).events;
  const late = only([misses('timeout', [7, 8, 9])]).events;
  expect([early.length, late.length]).toEqual([1, 1]);
  expect(late[0].id).toBe(early[0].id);
});

test('the first cheers after misses only are an event; those after an idle time are not', () => {
  const up = [1, 2, 3];
  const paused = [...up, ...times(10, 3), 4, 5];
  const bad = [0, 0, 0, ...times(6, 4), ...times(6, 4)];
  expect(texts(only([cheers(paused), misses('timeout', bad)]).events)).toEqual(['Cheers again', '4 misses: timeout']);
  expect(only([cheers(paused)]).events).toEqual([]);
  const other = prom({ __name__: 'cheer_cheers_total', ...shop, pod: '2' }, [...paused.keys()]);
  expect(texts(only([cheers(paused), other, misses('timeout', bad)]).events)).toEqual(['4 misses: timeout']);
});

test('with a query for events none are derived', () => {
  const frames = [...promStates(shop, ['green', 'red']), misses('timeout', [0, 9])];
  expect(only(frames, { eventsRefId: 'B' }).events).toEqual([]);
});

const annotations = toDataFrame({
  fields: [
    { name: 'time', type: FieldType.time, values: [ago(1), ago(3), null, ago(5), ago(7)] },
    { name: 'title', type: FieldType.string, values: ['', null, 'no time', '', ''] },
    {
      name: 'text',
      type: FieldType.string,
      values: ['<b>Deploy</b> of\n 1.2.3', 'hand made', 'x', '', 'Alerting now'],
    },
    { name: 'tags', type: FieldType.other, values: [['service:shop', 'deploy'], ['shop'], [], [], ['other']] },
    { name: 'newState', type: FieldType.string, values: [null, null, null, null, 'Alerting'] },
  ],
});

test('annotations are events in plain text, of the service that a tag names', () => {
  const result = model([score(shop, [99])], {}, { annotations: [annotations] });
  expect(result.events).toMatchObject([
    { time: ago(1), kind: 'release', text: 'Deploy of 1.2.3', service: 'shop' },
    { time: ago(3), kind: 'other', text: 'hand made', service: 'shop' },
    { time: ago(7), kind: 'state', state: 'red', text: 'Alerting now' },
  ]);
  expect(result.events[2]).not.toHaveProperty('service');
  expect(texts(result.services[0].events)).toEqual(['Deploy of 1.2.3', 'hand made']);
  expect(result.events[0].source).toMatchObject({ frame: annotations, rowIndex: 0 });
});

test('the rows of the events’ query: a table or logs', () => {
  const table = toDataFrame({
    refId: 'B',
    fields: [
      { name: 'Time', type: FieldType.time, values: [ago(2), ago(1)] },
      { name: 'Service', type: FieldType.string, values: ['shop', 'mail'] },
      { name: 'kind', type: FieldType.string, values: ['flag', 'miss'] },
      { name: 'Body', type: FieldType.string, values: ['health-cheer off', 'x'.repeat(5000)] },
    ],
  });
  const result = model([score(shop, [99]), table], { eventsRefId: 'B' });
  expect(result.events).toMatchObject([
    { kind: 'miss', service: 'mail' },
    { kind: 'flag', service: 'shop', text: 'health-cheer off' },
  ]);
  expect(result.events[0].text).toHaveLength(200);
  expect(texts(result.services[0].events)).toEqual(['health-cheer off']);
});

test('a series of the events’ query is an event where it begins or leaves 0', () => {
  const build = (version: string, values: number[], end?: number) =>
    prom({ __name__: 'cheer_build_info', ...shop, version }, values, { refId: 'event', ...(end ? { end } : {}) });
  const frames = [
    score(shop, [99]),
    build('1.0.0', times(200, 1), from + 199 * step),
    build('1.1.0', [1, 1, 1]),
    prom({ __name__: 'feature_flag_info', ...shop, flag: 'health-cheer', variant: 'off' }, [0, 0, 1], {
      refId: 'event',
    }),
  ];
  const { events, services } = model(frames);
  expect(events).toMatchObject([
    { time: to, kind: 'flag', text: 'Flag health-cheer off', service: 'shop' },
    { time: ago(2), kind: 'release', text: 'Version 1.1.0', service: 'shop' },
  ]);
  expect(services[0].events).toHaveLength(2);
});

test('events alone are no services', () => {
  expect(model([], {}, { annotations: [annotations] })).toMatchObject({ status: 'empty', services: [] });
});

test('at most 20 events of a service and 50 of all, the newest', () => {
  const flapping = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 'green' : 'red'));
  const result = model([1, 2, 3, 4].flatMap((index) => promStates({ service: `s${index}` }, flapping)));
  expect(result.services.map(({ events }) => events.length)).toEqual([20, 20, 20, 20]);
  expect(result.events).toHaveLength(50);
  expect(result.events.slice(0, 4).every(({ time }) => time === to)).toBe(true);
});

test('an event that is given twice is one', () => {
  const result = model([score(shop, [99])], {}, { annotations: [annotations, annotations] });
  expect(texts(result.events)).toEqual(['Deploy of 1.2.3', 'hand made', 'Alerting now']);
});

test('misses of a pod that began late are no event from before the range', () => {
  const pod = (name: string, values: number[]) =>
    prom({ __name__: 'cheer_missed_total', ...shop, pod: name, reason: 'error' }, values);
  const { events } = only([pod('1', [0, 1, ...times(30, 1)]), pod('2', [0, 0, 2])]);
  expect(texts(events)).toEqual(['2 misses: error', '1 miss: error']);
  expect(new Set(events.map(({ id }) => id)).size).toBe(2);
});

test('in a long range misses of different reasons one point after the other are one event', () => {
  const halfHour = { interval: 1_800_000 };
  const of = (reason: string, values: number[]) =>
    prom({ __name__: 'cheer_missed_total', ...shop, reason }, values, halfHour);
  const month = { from: to - 30 * 86_400_000 };
  const frames = [of('timeout', [0, 0, 0, 4, ...times(6, 4)]), of('error', [...times(4, 0), 2, ...times(5, 2)])];
  expect(texts(only(frames, {}, month).events)).toEqual(['6 misses: timeout 4, error 2']);
});

test('a release comes with its first pod, not again with each, and once more when it comes back', () => {
  const build = (pod: string, version: string, values: number[], end: number) =>
    prom({ __name__: 'cheer_build_info', ...shop, pod, version }, values, { refId: 'event', end });
  const frames = [
    score(shop, [99]),
    build('a', '1', times(100, 1), ago(140)),
    build('b', '2', times(80, 1), ago(60)),
    build('c', '2', times(70, 1), ago(60)),
    build('d', '2', times(10, 1), ago(49)),
    build('e', '1', times(20, 1), to),
  ];
  expect(only(frames).events.map(({ text, time }) => [text, time])).toEqual([
    ['Version 1', ago(19)],
    ['Version 2', ago(139)],
  ]);
});

test('events find their service where its name has a namespace, or comes from another label', () => {
  const event = (labels: Labels) =>
    prom({ __name__: 'cheer_build_info', ...labels, version: '2' }, [1], { refId: 'event' });
  const spaced = ['a', 'b'].map((namespace) => score({ ...shop, namespace }, [99]));
  const owners = (...args: Parameters<typeof model>) => model(...args).events.map(({ service }) => service);
  expect(owners([...spaced, event({ ...shop, namespace: 'b' })])).toEqual(['b/shop']);
  const apps = ['x', 'y'].map((app) => score({ job: 'all', app }, [99]));
  expect(owners([...apps, event({ job: 'all', app: 'y' })])).toEqual(['y']);
});

test('logs: whose and of what kind a line is, from its labels and its text', () => {
  const logs = toDataFrame({
    refId: 'B',
    fields: [
      {
        name: 'labels',
        type: FieldType.other,
        values: [
          { job: 'loki', service_name: 'shop', container: 'state-store' },
          { kind: 'flag', app: 'mail' },
        ],
      },
      { name: 'Time', type: FieldType.time, values: [ago(2), ago(1)] },
      { name: 'Line', type: FieldType.string, values: ['deployed 1.2.3', 'health-cheer off'] },
      { name: 'id', type: FieldType.string, values: ['1', '2'] },
    ],
  });
  expect(model([score(shop, [99]), logs], { eventsRefId: 'B' }).events).toMatchObject([
    { kind: 'flag', service: 'mail', text: 'health-cheer off' },
    { kind: 'release', service: 'shop', text: 'deployed 1.2.3' },
  ]);
});

test('the chosen label names the service of an event, as it is written', () => {
  const rows = toDataFrame({
    refId: 'B',
    fields: [
      { name: 'Time', type: FieldType.time, values: [to] },
      { name: 'Text', type: FieldType.string, values: ['x'] },
      { name: 'Shop', type: FieldType.string, values: ['a'] },
    ],
  });
  const { events } = model([score({ Shop: 'a' }, [99]), rows], { eventsRefId: 'B', serviceLabel: 'Shop' });
  expect(events).toMatchObject([{ service: 'a' }]);
});

test('exemplars, which come with the annotations, are no events', () => {
  const exemplars = prom({ ...shop, traceID: 'x' }, [0.4, 1.2], { end: ago(9) });
  expect(model([score(shop, [99])], {}, { annotations: [exemplars] }).events).toEqual([]);
});

test('annotations named after releases are some', () => {
  const named = toDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [ago(2), ago(1)] },
      { name: 'type', type: FieldType.string, values: ['Releases', 'Annotations & Alerts'] },
      { name: 'text', type: FieldType.string, values: ['1.2.3', 'note'] },
    ],
  });
  const { events } = model([score(shop, [99])], {}, { annotations: [named] });
  expect(events.map(({ kind }) => kind)).toEqual(['other', 'release']);
});
