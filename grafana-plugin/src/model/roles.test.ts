import { FieldType, toDataFrame } from '@grafana/data';
import { type RoleMapping } from '../types';
import { RoleMatcher } from './roles';

interface Names {
  readonly refId?: string;
  readonly metric?: string;
  readonly fieldName?: string;
  readonly frameName?: string;
  readonly displayName?: string;
}

function roleOf(names: Names, mappings: readonly RoleMapping[] = []) {
  const { refId = 'A', metric, fieldName = 'Value', frameName, displayName } = names;
  const config = displayName === undefined ? {} : { displayNameFromDS: displayName };
  const fields = [{ name: fieldName, type: FieldType.number, values: [1], config }];
  const frame = toDataFrame({ refId, name: frameName, fields });
  return new RoleMatcher(mappings).roleOf(frame, frame.fields[0], metric);
}

test.each([
  ['cheer_score', 'score'],
  ['cheer_state', 'state'],
  ['cheer_health', 'health'],
  ['cheer_error_budget_remaining_ratio', 'budget'],
  ['service_slo:cheer_error_budget_remaining:ratio', 'budget'],
  ['cheer_cheers_total', 'cheers'],
  ['cheer_missed_total', 'misses'],
  ['cheer_condition', 'condition'],
  ['service_condition:cheer_health_condition:bool', 'condition'],
  ['service_slo:cheer_burn_rate:1h', 'burnLong'],
  ['service_slo:cheer_burn_rate:5m', 'burnShort'],
  ['service_slo:cheer_burn_rate:6h', 'burnLong'],
  ['service_slo:cheer_burn_rate:30m', 'burnShort'],
  ['service_slo:cheer_burn_rate:7m', undefined],
  ['cheer_batches_total', undefined],
])('the metric %s is %s', (metric, role) => {
  expect(roleOf({ metric })).toBe(role);
  expect(roleOf({ frameName: `${metric}{job="x"}` })).toBe(role);
  expect(roleOf({ fieldName: metric })).toBe(role);
});

test('a query’s name counts for more than the metric’s, whatever its case', () => {
  expect(roleOf({ refId: 'BURNLONG', metric: 'cheer_score' })).toBe('burnLong');
  expect(roleOf({ refId: 'score', metric: 'happiness' })).toBe('score');
  expect(roleOf({ refId: 'A', fieldName: 'Value #score' })).toBe('score');
  expect(roleOf({ refId: 'A', fieldName: 'Burn long' })).toBe('burnLong');
});

test('a transformation of one query keeps its name', () => {
  expect(roleOf({ refId: 'reduce-score-score', metric: 'happiness' })).toBe('score');
  expect(roleOf({ refId: 'merge-budget' })).toBe('budget');
  expect(roleOf({ refId: 'merge-score-budget' })).toBeUndefined();
  expect(roleOf({ refId: 'low-score' })).toBeUndefined();
});

test('the options’ mapping counts for more than anything', () => {
  const mappings: RoleMapping[] = [
    { role: 'health', name: 'cheer_score' },
    { role: 'budget', name: '/^left_/' },
    { role: 'score', name: 'Happiness' },
  ];
  expect(roleOf({ refId: 'state', metric: 'cheer_score' }, mappings)).toBe('health');
  expect(roleOf({ metric: 'left_of_it' }, mappings)).toBe('budget');
  expect(roleOf({ metric: 'not_left_of_it' }, mappings)).toBeUndefined();
  expect(roleOf({ displayName: 'Happiness' }, mappings)).toBe('score');
});

test('a mapping that is no regular expression is a problem, not an error', () => {
  const matcher = new RoleMatcher([
    { role: 'score', name: '/(/' },
    { role: 'score', name: '' },
  ]);
  expect(matcher.problems).toEqual([expect.objectContaining({ text: '/(/ is not a regular expression' })]);
  expect(roleOf({ fieldName: '' }, [{ role: 'score', name: '' }])).toBeUndefined();
});
