import { type DataFrame, FieldType } from '@grafana/data';
import fc from 'fast-check';
import { type CheerMeterOptions, defaultOptions } from '../types';
import { buildModel } from './build-model';
import { rolesOfNames } from './roles';
import { from, to } from './testing/frames';

const anyTime = fc.oneof(
  fc.integer({ min: from, max: to }),
  fc.constantFrom<unknown>(null, undefined, NaN, Infinity, -1, '2026-11-20T09:30:00Z', 8.64e15)
);
const anyValue = fc.oneof(
  fc.constantFrom<unknown>(0, 1, 0.5, 100, null, undefined, NaN, Infinity, -Infinity, -3, 1e300, Number.MAX_VALUE),
  fc.constantFrom<unknown>('green', 'red', '', '12', true, false, {}, [], ['a'], BigInt(10), '\ud800'),
  fc.double()
);
const words = ['service', 'namespace', 'state', 'slo', 'condition', 'reason', 'traffic', 'team', '__proto__', 'pod'];
const anyWord = fc.oneof(fc.constantFrom('green', 'red', 'shop', 'real', 'toString', '__proto__', ''), fc.string());
const names = [
  ...rolesOfNames.keys(),
  'Value',
  'Value #score',
  'title',
  'text',
  'tags',
  'kind',
  '',
  '__proto__',
  '__name__',
];
const anyName = fc.oneof(fc.constantFrom(...names, ...words), fc.string());
const anyLabels = fc
  .tuple(fc.constantFrom(...names), fc.dictionary(fc.constantFrom(...words), anyWord))
  .map(([__name__, labels]) => ({ ...labels, __name__ }));

const anyField = fc
  .record({
    name: anyName,
    type: fc.constantFrom(...Object.values(FieldType)),
    values: fc.array(anyValue, { maxLength: 8 }),
    labels: fc.option(anyLabels, { nil: undefined }),
    config: fc.constantFrom(
      {},
      { min: 0, max: 0 },
      { interval: NaN },
      { interval: 15_000, max: 1 },
      { unit: 'percent' }
    ),
  })
  .chain((field) =>
    field.type === FieldType.time
      ? fc.array(anyTime, { maxLength: 8 }).map((values) => ({ ...field, values }))
      : fc.constant(field)
  );
const timeField = fc
  .array(anyTime, { maxLength: 8 })
  .map((values) => ({ name: 'Time', type: FieldType.time, values, config: {} }));

const anyFrame = fc
  .tuple(
    fc.option(fc.constantFrom('A', 'E', 'score', 'event')),
    fc.boolean(),
    timeField,
    fc.array(anyField, { maxLength: 5 })
  )
  .map(
    ([refId, hasTime, time, fields]) =>
      ({ refId: refId ?? undefined, length: 3, fields: hasTime ? [time, ...fields] : fields }) as DataFrame
  );
const anyOptions = fc.record<Partial<CheerMeterOptions>>({
  serviceLabel: fc.constantFrom('', 'service', '__proto__'),
  groupBy: fc.constantFrom('', 'team', '__proto__'),
  sortBy: fc.constantFrom('worst', 'name', 'budget', 'score'),
  eventsRefId: fc.constantFrom('', 'E'),
  mappings: fc.constantFrom([], [{ role: 'score', name: '/./' }] as const, [{ role: 'budget', name: '/(/' }] as const),
});
const anyInput = fc.tuple(fc.array(anyFrame, { maxLength: 6 }), fc.array(anyFrame, { maxLength: 2 }), anyOptions);

function build([series, annotations, changed]: [DataFrame[], DataFrame[], Partial<CheerMeterOptions>]) {
  return buildModel({ series, annotations, options: { ...defaultOptions, ...changed }, from, to });
}

test('whatever the frames hold, there is a model, and all its figures are drawable', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const model = build(input);
      expect(model.status === 'ok').toBe(model.services.length > 0);
      expect(model.events.length).toBeLessThanOrEqual(50);
      expect(new Set(model.services.map(({ key }) => key)).size).toBe(model.services.length);
      expectUnique(model.events);
      for (const service of model.services) {
        expectUnique(service.events);
        expect(service.since ?? 0).not.toBeNaN();
        expect(service.name).not.toBe('');
        expect(service.events.length).toBeLessThanOrEqual(20);
        expect(service.history?.times.length ?? 0).toBeLessThanOrEqual(60);
        expect((service.history?.values ?? []).every((value) => value === null || inRange(value, 100))).toBe(true);
        expect(service.score === undefined || inRange(service.score.value, 100)).toBe(true);
        expect(typeof (service.score?.display.text ?? '')).toBe('string');
        for (const { remaining } of service.budgets) {
          expect(remaining === undefined || inRange(remaining.value, 1)).toBe(true);
          expect(typeof (remaining?.display.text ?? '')).toBe('string');
        }
        for (const count of [service.cheers ?? 0, service.misses ?? 0]) {
          expect(count).toBeGreaterThanOrEqual(0);
        }
      }
      for (const { id, text, time } of model.events) {
        expect(id).not.toBe('');
        expect(text.length).toBeLessThanOrEqual(300);
        expect(time).not.toBeNaN();
      }
    }),
    { numRuns: 500 }
  );
});

test('the same frames give the same model', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      expect(summary(build(input))).toBe(summary(build(input)));
    })
  );
});

/** All that is said, what is worked out late too; where figures come from is as the frames are. */
function summary({ status, services, events, problems }: ReturnType<typeof build>): string {
  const facts = services.map((service) => [
    ...[service.key, service.name, service.group, service.state, service.lastState, service.since, service.lastSeen],
    ...[service.score, service.score?.display, service.reasons, service.budgets, service.events, service.history],
    ...[service.cheers, service.misses, service.budgets.map(({ remaining }) => remaining?.display)],
  ]);
  return JSON.stringify([status, facts, events, problems], (key, value) =>
    key === 'source' || key === 'show' ? undefined : String(value) && value
  );
}

function inRange(value: number, max: number): boolean {
  return value >= 0 && value <= max;
}

function expectUnique(events: ReadonlyArray<{ readonly id: string }>): void {
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
}
