import { MappingType, ThresholdsMode } from '@grafana/data';
import { model, only, prom, score } from './testing/frames';

const happiness = { __name__: 'happiness', app: 'mail' };
const mapped = { mappings: [{ role: 'score', name: 'happiness' }] } as const;
const thresholds = (mode: ThresholdsMode, ...steps: Array<[number, string]>) => ({
  thresholds: { mode, steps: steps.map(([value, color]) => ({ value, color })) },
});

test.each([
  [[0.2, 0.86], 86, 'green'],
  [[0.2, 0.62], 62, 'yellow'],
  [[1, 0.31], 31, 'red'],
  [[100, 86], 86, 'green'],
  [[100, 1], 1, 'red'],
  [[1.02, 0.98], 98, 'green'],
])('a stranger’s gauge of %j is a score of %d, %s', (values, value, state) => {
  expect(only([prom(happiness, values)], mapped)).toMatchObject({ name: 'mail', state, score: { value } });
});

test('the scale is the metric’s, not the single service’s', () => {
  const { services } = model([prom(happiness, [0.9]), prom({ ...happiness, app: 'web' }, [90])], mapped);
  expect(services.map(({ name, score: figure }) => [name, figure?.value])).toEqual([
    ['mail', 0.9],
    ['web', 90],
  ]);
});

test('minimum, maximum and unit of the field say more than its values', () => {
  const value = (config: object, at: number) => only([prom(happiness, [at], { config })], mapped).score?.value;
  expect(value({ max: 5 }, 4)).toBe(80);
  expect(value({ min: 1, max: 5 }, 4)).toBe(75);
  expect(value({ min: 5, max: 5 }, 4)).toBe(4);
  expect(value({ unit: 'percent' }, 0.5)).toBe(0.5);
  expect(value({ unit: 'percentunit' }, 0.5)).toBe(50);
  expect(only([score({ service: 's' }, [0.5])]).score?.value).toBe(0.5);
});

test('what is out of the scale is at its end, and the problem says what to set', () => {
  const result = model([prom(happiness, [1, 4_000_000])], mapped);
  expect(result.services[0].score).toMatchObject({ value: 100, display: { text: '100' } });
  expect(result.problems).toEqual([expect.objectContaining({ text: 'happiness is above 100' })]);
  const negative = only([score({ service: 's' }, [-5])]);
  expect(negative).toMatchObject({ state: 'red', score: { value: 0, display: { text: '0' } } });
});

test.each([
  ['absolute', thresholds(ThresholdsMode.Absolute, [-Infinity, 'red'], [0.5, 'yellow'], [0.9, 'green']), 'green'],
  ['shades', thresholds(ThresholdsMode.Percentage, [-Infinity, 'dark-green'], [90, 'semi-dark-orange']), 'yellow'],
  ['two colours', thresholds(ThresholdsMode.Percentage, [-Infinity, 'light-red'], [99, 'green']), 'red'],
  ['turned', thresholds(ThresholdsMode.Percentage, [-Infinity, 'green'], [50, 'yellow'], [90, 'red']), 'red'],
  ['three of any', thresholds(ThresholdsMode.Percentage, [-Infinity, '#a00'], [50, '#0a0'], [90, 'blue']), 'green'],
  ['two of any', thresholds(ThresholdsMode.Percentage, [-Infinity, '#a00'], [50, '#0a0']), 'unknown'],
  ['none', { thresholds: { mode: ThresholdsMode.Percentage, steps: [] } }, 'green'],
])('thresholds: %s', (_, config, state) => {
  expect(only([prom(happiness, [0.95], { config })], mapped).state).toBe(state);
});

test('changes of a score’s state are events, and a low score is the reason', () => {
  const service = only([prom(happiness, [90, 90, 60, 60])], mapped);
  expect(service.events.map(({ text }) => text)).toEqual(['Yellow, was green']);
  expect(service.reasons).toEqual([{ id: 'score', text: 'The score is low', since: service.since }]);
});

test('a state in words or in numbers with value mappings', () => {
  const state = { __name__: 'state_of_it', app: 'mail' };
  const byName = { mappings: [{ role: 'state', name: 'state_of_it' }] } as const;
  const config = {
    mappings: [
      {
        type: MappingType.ValueToText as const,
        options: { 0: { text: 'Degraded' }, 1: { text: 'Fine', color: 'dark-green' }, 2: { text: 'Any' } },
      },
    ],
  };
  expect(only([prom(state, [1, 0], { config })], byName).state).toBe('yellow');
  expect(only([prom(state, [0, 1], { config })], byName).state).toBe('green');
  expect(only([prom(state, [0, 2], { config })], byName).state).toBe('unknown');
  expect(only([prom(state, [0, 1])], byName).state).toBe('unknown');
  expect(only([prom({ ...state, state: 'red' }, [0, 1])], byName).state).toBe('red');
});
