import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { families } from '../../exporter/src/conform/contract';
import { toJson } from './json';
import { lint } from './lint';
import { newServiceDashboard } from './new-service';
import { queriesOf } from './queries';

const file = join(__dirname, '../../exporter/templates/service/chart/dashboard.json');

test('the dashboard of a new service is the one that is built, and has no faults', () => {
  expect(readFileSync(file, 'utf8')).toBe(toJson(newServiceDashboard));
  expect(lint(newServiceDashboard, ['SERVICE-NAME'])).toEqual([]);
});

test('its queries ask for this service alone', () => {
  const queries = queriesOf(newServiceDashboard).map(({ expr }) => expr);
  expect(queries.length).toBeGreaterThan(15);
  for (const expr of queries) {
    const selectors = expr.match(/\{[^}]*\}/g) ?? [];
    expect(selectors.filter((each) => !each.includes('service="SERVICE-NAME"'))).toEqual([]);
    expect(expr).not.toContain('$service');
  }
});

test('its metrics are those of every service, of its rules, or its own', () => {
  const names = queriesOf(newServiceDashboard).flatMap(
    ({ expr }) => expr.match(/\b[a-z]\w*(?::\w+)*(?=\{)/g) ?? [],
  );
  const known = new Set(families.flatMap(({ name }) => [name, `${name}_bucket`]));
  const others = [...new Set(names)].filter((name) => !known.has(name) && !name.includes(':'));
  expect(others).toEqual(['items_read_total']);
});
