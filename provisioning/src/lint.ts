import { type Dashboard, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { queriesOf } from './queries';

/** Says what is shown by themselves: their columns and roles have units of their own. */
const withoutUnit = new Set(['table', 'selfcheer-cheermeter-panel']);

/** Draw more than one series, so that each needs a name. */
const withLegend = new Set(['timeseries', 'state-timeline', 'bargauge']);

/** Never asked for by a query: the data source itself, and what links use. */
const notInQueries = new Set(['datasource', 'runbooks']);

function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
}

function repeated(values: readonly unknown[]): unknown[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

function panelProblems(panel: Panel): string[] {
  const problems: string[] = [];
  const { defaults } = panel.fieldConfig ?? {};
  const targets = (panel.targets ?? []) as {
    refId?: string;
    legendFormat?: string;
    datasource?: { uid?: string };
  }[];
  if (!/^[^.].{20,}\.$/.test(panel.description ?? '')) problems.push('has no description in a sentence');
  if (!/.{10,}/.test(defaults?.noValue ?? '')) problems.push('does not say what no data mean');
  if (!withoutUnit.has(panel.type) && defaults?.unit === undefined) problems.push('has no unit');
  if (targets.length === 0) problems.push('has no query');
  for (const source of [panel.datasource, ...targets.map(({ datasource }) => datasource)]) {
    if (source?.uid !== '${datasource}') problems.push('does not ask the chosen data source');
  }
  if (repeated(targets.map(({ refId }) => refId)).length > 0) problems.push('has two queries of one refId');
  if (withLegend.has(panel.type) && targets.some(({ legendFormat }) => !legendFormat)) {
    problems.push('has series without a name');
  }
  return problems.map((problem) => `${panel.title}: ${problem}`);
}

function gridProblems(dashboard: Dashboard): string[] {
  const taken = new Map<string, string>();
  return (dashboard.panels ?? []).flatMap(({ title = '', gridPos }) => {
    const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
    if (w < 1 || h < 1 || x + w > 24) return [`${title}: does not fit into the grid`];
    const cells = Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
    const others = new Set(cells.flatMap((cell) => taken.get(cell) ?? []));
    for (const cell of cells) taken.set(cell, title);
    return [...others].map((other) => `${title}: lies on ${other}`);
  });
}

function variableProblems(dashboard: Dashboard): string[] {
  const defined = (dashboard.templating?.list ?? []).map(({ name }) => name);
  const text = queriesOf(dashboard)
    .map(({ expr }) => expr)
    .join('\n');
  const used = new Set([...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name ?? ''));
  return [
    ...[...used].filter((name) => !defined.includes(name)).map((name) => `variable ${name} is not defined`),
    ...defined
      .filter((name) => !used.has(name) && !notInQueries.has(name))
      .map((name) => `variable ${name} is not used`),
  ];
}

/** Links inside Grafana lead to a dashboard of the project. */
function linkProblems(dashboard: Dashboard, uids: readonly string[]): string[] {
  const targets = [...JSON.stringify(dashboard).matchAll(/"url":"\/d\/([^?"]*)/g)].map(
    ([, uid]) => uid ?? '',
  );
  return targets
    .filter((uid) => !uids.includes(uid))
    .map((uid) => `a link leads to ${uid}, which is not there`);
}

/** What is wrong with a dashboard, in sentences; `uids` are those of all dashboards. */
export function lint(dashboard: Dashboard, uids: readonly string[]): string[] {
  const panels = panelsOf(dashboard);
  return [
    ...repeated((dashboard.panels ?? []).map(({ id }) => id)).map(
      (id) => `two panels have the id ${String(id)}`,
    ),
    ...repeated(panels.map(({ title }) => title)).map((title) => `two panels are called ${String(title)}`),
    ...panels.flatMap(panelProblems),
    ...gridProblems(dashboard),
    ...variableProblems(dashboard),
    ...linkProblems(dashboard, uids),
  ];
}
