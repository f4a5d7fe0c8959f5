import { type Dashboard, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './dashboards';
import { toJson } from './json';
import { lint } from './lint';
import { overview } from './dashboards/overview';

const folder = join(__dirname, '../dashboards');
const uids = dashboards.map(({ uid }) => uid ?? '');
const byUid = dashboards.map((dashboard) => [dashboard.uid ?? '', dashboard] as const);

test('what lies in the folder is what is built', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual(uids.map((uid) => `${uid}.json`).sort());
});

describe.each(byUid)('%s', (uid, dashboard) => {
  test('is in order', () => {
    expect(lint(dashboard, uids)).toEqual([]);
  });

  test('is committed as it is generated: npm run generate', () => {
    expect(readFileSync(join(folder, `${uid}.json`), 'utf8')).toBe(toJson(dashboard));
  });

  test('shows the state of the services at its top', () => {
    expect(dashboard.panels?.[0]).toMatchObject({
      type: 'selfcheer-cheermeter-panel',
      gridPos: { x: 0, y: 0 },
    });
  });

  test('hides nothing in a menu', () => {
    expect(toJson(dashboard)).not.toContain('inControlsMenu');
  });
});

test('the options of the cheer-meter are options that it has', () => {
  const types = readFileSync(join(folder, '../../grafana-plugin/src/types.ts'), 'utf8');
  const known = /interface CheerMeterOptions \{([^}]*)\}/.exec(types)?.[1] ?? '';
  const names = [...known.matchAll(/readonly (\w+):/g)].map(([, name]) => name);
  const used = dashboards
    .flatMap(({ panels }) => panels ?? [])
    .filter(({ type }) => type === 'selfcheer-cheermeter-panel')
    .flatMap((panel) => Object.keys((panel as Panel).options as object));
  expect(used).toContain('layout');
  expect(names).toEqual(expect.arrayContaining(used));
});

describe('a fault is found', () => {
  type Break = (dashboard: Dashboard, panel: Panel) => void;
  const faults: Readonly<Record<string, [Break, string]>> = {
    'an id twice': [(_, panel) => (panel.id = 1), 'two panels have the id 1'],
    'a title twice': [(_, panel) => (panel.title = 'Targets down'), 'two panels are called Targets down'],
    'no description': [(_, panel) => delete panel.description, 'has no description in a sentence'],
    'no word for no data': [(_, panel) => delete panel.fieldConfig?.defaults.noValue, 'what no data mean'],
    'no unit': [(_, panel) => delete panel.fieldConfig?.defaults.unit, 'has no unit'],
    'no query': [(_, panel) => (panel.targets = []), 'has no query'],
    'a data source of its own': [
      (_, panel) => (panel.datasource = { uid: 'mine' }),
      'the chosen data source',
    ],
    'a query elsewhere': [
      (_, panel) => Object.assign(panel.targets?.[0] ?? {}, { datasource: { uid: 'mine' } }),
      'the chosen data source',
    ],
    'a refId twice': [(_, panel) => panel.targets?.push(panel.targets[0]!), 'two queries of one refId'],
    'panels on each other': [
      (_, panel) => Object.assign(panel.gridPos ?? {}, { x: 0, y: 0 }),
      'lies on Cheer of',
    ],
    'a panel beside the grid': [
      (_, panel) => Object.assign(panel.gridPos ?? {}, { x: 23 }),
      'fit into the grid',
    ],
    'a series without a name': [
      ({ panels }) => {
        const series = panels?.find(({ type }) => type === 'timeseries') as Panel;
        delete (series.targets?.[0] as { legendFormat?: string }).legendFormat;
      },
      'has series without a name',
    ],
    'an unknown variable': [
      (_, panel) => Object.assign(panel.targets?.[0] ?? {}, { expr: 'x{team="$team"}' }),
      'variable team is not defined',
    ],
    'a variable in vain': [
      ({ templating }) => templating?.list?.push({ ...templating.list[1]!, name: 'team' }),
      'variable team is not used',
    ],
    'a link to nowhere': [
      (_, panel) => (panel.links = [{ title: 'x', url: '/d/nowhere' } as never]),
      'a link leads to nowhere',
    ],
  };

  test.each(Object.entries(faults))('%s', (_name, [spoil, problem]) => {
    const spoiled = JSON.parse(toJson(overview)) as Dashboard;
    spoil(spoiled, spoiled.panels?.[1] as Panel);
    expect(lint(spoiled, uids).join('\n')).toContain(problem);
  });
});
