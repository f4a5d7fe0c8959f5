import { type Dashboard, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboards } from './dashboards';
import { overview } from './dashboards/overview';
import { toJson } from './json';
import { GrafanaSchema } from './schema';

const schema = new GrafanaSchema();

test.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
  '%s is what the types of Grafana describe',
  (_uid, dashboard) => {
    expect(schema.problems(dashboard)).toEqual([]);
  },
);

describe('a fault is found', () => {
  const faults: Readonly<Record<string, [(panel: Panel, dashboard: Dashboard) => unknown, string]>> = {
    'a setting of the dashboard': [(_, dashboard) => Object.assign(dashboard, { colour: 1 }), 'dashboard'],
    'a setting of a panel': [(panel) => Object.assign(panel, { colour: 1 }), 'dashboard/panels'],
    'an option of a panel': [
      (panel) => Object.assign(panel.options as object, { colour: 1 }),
      'stat options',
    ],
    'a value of an option': [
      (panel) => Object.assign(panel.options as object, { graphMode: 'pie' }),
      '/graphMode',
    ],
  };

  test.each(Object.entries(faults))('%s', (_name, [spoil, problem]) => {
    const spoiled = JSON.parse(toJson(overview)) as Dashboard;
    spoil(spoiled.panels?.find(({ type }) => type === 'stat') as Panel, spoiled);
    expect(schema.problems(spoiled).join('\n')).toContain(problem);
  });
});
