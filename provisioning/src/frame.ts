import { type Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ConstantVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  type Dashboard,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheus, type Placeable } from './panel-base';
import { runbooksUrl } from './runbooks';
import { chosen } from './scope';

/** Width of Grafana's grid. */
const columns = 24;

/** Every dashboard of this project: what the links between them go by. */
const tag = 'selfcheer';

interface Variable {
  readonly label: string;
  /** The series whose label it takes. */
  readonly series: string;
  /** What "All" stands for. */
  readonly all: string;
}

/** A namespace or a pod may be without its label; a service never is, or the rules would pass over it. */
const variables = {
  namespace: { label: 'Namespace', series: 'cheer_health', all: '.*' },
  service: { label: 'Service', series: 'cheer_health{namespace=~"$namespace"}', all: '.+' },
  pod: { label: 'Pod', series: `cheer_health{${chosen}}`, all: '.*' },
  slo: { label: 'SLO', series: `cheer_slo_objective_ratio{${chosen}}`, all: '.+' },
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof variables;

export interface Annotation {
  readonly name: string;
  /** A dot or a band wherever it has a value other than 0. */
  readonly expr: string;
  readonly color: string;
  readonly title: string;
  readonly shown: boolean;
}

export interface Row {
  /** Absent for the first one, which has no heading. */
  readonly title?: string;
  /** Each goes to the highest place that is free and wide enough. */
  readonly panels: readonly Placeable[];
}

export interface Frame {
  /** Part of its address: never changed. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableName[];
  readonly annotations: readonly Annotation[];
  readonly rows: readonly Row[];
  /** Time that is shown first, back from now. */
  readonly from: string;
}

function variable(name: VariableName): QueryVariableBuilder {
  const { label, series, all } = variables[name];
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(prometheus)
    .query({ query: `label_values(${series}, ${name})`, refId: `variable-${name}` })
    .definition(`label_values(${series}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(all)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** A constant one, so that no address in a link can put another one in its place. */
function runbooks(): Builder<VariableModel> {
  const constant = new ConstantVariableBuilder('runbooks').label('Runbooks').value(runbooksUrl());
  return { build: () => ({ ...constant.build(), hide: VariableHide.HideVariable }) };
}

function annotation({ name, expr, color, title, shown }: Annotation): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(prometheus)
    .enable(shown)
    .iconColor(color)
    .expr(expr)
    .titleFormat(title)
    .step('60s');
}

/** The highest free place that is wide enough, the leftmost of several; `tops` is the first free line by column. */
function freePlace(tops: readonly number[], width: number): { x: number; y: number } {
  let best = { x: 0, y: Infinity };
  for (let x = 0; x + width <= columns; x++) {
    const y = Math.max(...tops.slice(x, x + width));
    if (y < best.y) best = { x, y };
  }
  return best;
}

/** Puts the rows' panels onto the grid, in the order of reading, and numbers them. */
function place(dashboard: DashboardBuilder, rows: readonly Row[]): void {
  let id = 0;
  let top = 0;
  for (const row of rows) {
    if (row.title !== undefined) {
      dashboard.withRow(new RowBuilder(row.title).id(++id).gridPos({ x: 0, y: top++, w: columns, h: 1 }));
    }
    const tops = new Array<number>(columns).fill(top);
    for (const { builder, width, height } of row.panels) {
      const { x, y } = freePlace(tops, width);
      tops.fill(y + height, x, x + width);
      builder.id(++id);
      builder.gridPos({ x, y, w: width, h: height });
      dashboard.withPanel(builder);
    }
    top = Math.max(...tops);
  }
}

/** A dashboard with the variables, links and settings that all of them share. */
export function frame(spec: Frame): Dashboard {
  const dashboard = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([tag])
    .timezone('browser')
    .time({ from: spec.from, to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'));
  for (const name of spec.variables) dashboard.withVariable(variable(name));
  dashboard.withVariable(runbooks());
  for (const one of spec.annotations) dashboard.annotation(annotation(one));
  dashboard.link(
    new DashboardLinkBuilder('Selfcheer')
      .type(DashboardLinkType.Dashboards)
      .tags([tag])
      .includeVars(true)
      .keepTime(true),
  );
  dashboard.link(
    new DashboardLinkBuilder('Runbooks')
      .type(DashboardLinkType.Link)
      .icon('doc')
      .url('${runbooks}')
      .targetBlank(true),
  );
  place(dashboard, spec.rows);
  return dashboard.build();
}
