import { type Builder, type Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DashboardLink,
  type DynamicConfigValue,
  type FieldColor,
  type GridPos,
  type Panel,
  type ThresholdsConfig,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** The data source that the reader chose: no dashboard names one of its own. */
export const prometheus = { type: 'prometheus', uid: '${datasource}' };

export interface Query {
  readonly expr: string;
  /** Name of the series; its labels in braces. */
  readonly legend?: string;
  /** A, B, … by its place when absent. */
  readonly refId?: string;
  /** Only the present values. */
  readonly instant?: boolean;
  readonly format?: 'table' | 'heatmap';
  /** Dots that lead to the traces of single events. */
  readonly exemplars?: boolean;
  /** A target that others are held against: drawn as a dashed line. */
  readonly limit?: boolean;
}

/** A colour from a value on. */
export type Step = readonly [from: number, color: string];

export interface PanelSpec {
  readonly title: string;
  /** What it shows and why one would look at it; an own sentence for each panel. */
  readonly description: string;
  /** A unit of Grafana's: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/ */
  readonly unit?: string;
  /** What it means that there are no data. */
  readonly empty: string;
  readonly queries: readonly Query[];
  /** Of 24 columns. */
  readonly width: number;
  /** In rows of 30 pixels. */
  readonly height: number;
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
  /** The colour below the first step. */
  readonly base?: string;
  readonly steps?: readonly Step[];
  readonly mappings?: readonly ValueMapping[];
  readonly links?: readonly Builder<DashboardLink>[];
}

/** A panel without its id and place: the dashboard gives it those. */
export interface Placeable {
  readonly builder: Builder<Panel> & { id(id: number): unknown; gridPos(at: GridPos): unknown };
  readonly width: number;
  readonly height: number;
}

/** What the builders of all kinds of panels have in common. */
interface CommonBuilder extends Builder<Panel> {
  id(id: number): this;
  gridPos(at: GridPos): this;
  title(text: string): this;
  description(text: string): this;
  datasource(source: typeof prometheus): this;
  withTarget(target: Builder<Dataquery>): this;
  unit(unit: string): this;
  min(value: number): this;
  max(value: number): this;
  decimals(count: number): this;
  noValue(text: string): this;
  mappings(mappings: ValueMapping[]): this;
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  colorScheme(color: Builder<FieldColor>): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  overrideByQuery(refId: string, properties: DynamicConfigValue[]): this;
}

function target(query: Query, index: number): DataqueryBuilder {
  const refId = query.refId ?? String.fromCharCode('A'.charCodeAt(0) + index);
  const built = new DataqueryBuilder().refId(refId).datasource(prometheus).expr(query.expr);
  if (query.instant) built.instant();
  else built.range();
  if (query.legend !== undefined) built.legendFormat(query.legend);
  if (query.exemplars) built.exemplar(true);
  if (query.format === 'table') built.format(PromQueryFormat.Table);
  if (query.format === 'heatmap') built.format(PromQueryFormat.Heatmap);
  return built;
}

/** Grafana writes the first step's value as null: it stands for minus infinity, which JSON has no word for. */
function thresholds(base: string, steps: readonly Step[]): ThresholdsConfigBuilder {
  const first = { value: null as unknown as number, color: base };
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([first, ...steps.map(([value, color]) => ({ value, color }))]);
}

const dashed: DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'custom.lineWidth', value: 1 },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.stacking', value: { mode: 'none' } },
  { id: 'custom.drawStyle', value: 'line' },
  { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
];

/** Gives a builder what every panel has. */
export function dressed<B extends CommonBuilder>(builder: B, spec: PanelSpec): B {
  builder.title(spec.title).description(spec.description).datasource(prometheus);
  builder.noValue(spec.empty);
  if (spec.unit !== undefined) builder.unit(spec.unit);
  spec.queries.forEach((query, index) => {
    const built = target(query, index);
    builder.withTarget(built);
    if (query.limit) builder.overrideByQuery(built.build().refId ?? '', dashed);
  });
  if (spec.min !== undefined) builder.min(spec.min);
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  if (spec.mappings) builder.mappings([...spec.mappings]);
  if (spec.links) builder.dataLinks([...spec.links]);
  if (spec.base !== undefined || spec.steps) {
    builder.thresholds(thresholds(spec.base ?? 'green', spec.steps ?? []));
  }
  return builder;
}

export const byThresholds = new FieldColorBuilder().mode(FieldColorModeId.Thresholds);

/** A link from a series to another dashboard, of the same service and the same time. */
export function toService(title: string, dashboard: string): DashboardLinkBuilder {
  const variables = ['namespace', 'service'].map((name) => `var-${name}=\${__field.labels.${name}}`);
  const query = ['${__url_time_range}', 'var-datasource=${datasource}', ...variables].join('&');
  return new DashboardLinkBuilder(title).url(`/d/${dashboard}?${query}`);
}
