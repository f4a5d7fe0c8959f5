import { TableCellDisplayMode, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { byThresholds, dressed, type PanelSpec, type Placeable, type Step } from './panel-base';

/** A column: a label, or the value of a query. */
export interface Column {
  /** The label's name; `Value` of the only query, or `Value #A` of one of several. */
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly base?: string;
  readonly steps?: readonly Step[];
  /** Drawn as a bar from 0 to 1. */
  readonly gauge?: boolean;
  /** Where a cell leads, each with its title; `${__value.text}` is its text. */
  readonly links?: ReadonlyArray<readonly [title: string, url: string]>;
}

export interface TableSpec extends Omit<PanelSpec, 'unit'> {
  readonly columns: readonly Column[];
  /** Title of the column to sort by, and whether the largest comes first. */
  readonly sortBy: readonly [title: string, descending: boolean];
}

function looks({ unit, decimals, base, steps, gauge, links }: Column): { id: string; value: unknown }[] {
  const found: { id: string; value: unknown }[] = [];
  if (unit !== undefined) found.push({ id: 'unit', value: unit });
  if (decimals !== undefined) found.push({ id: 'decimals', value: decimals });
  if (steps) {
    const all = [
      { value: null, color: base ?? 'green' },
      ...steps.map(([value, color]) => ({ value, color })),
    ];
    found.push({ id: 'thresholds', value: { mode: 'absolute', steps: all } });
    found.push({ id: 'color', value: { mode: 'thresholds' } });
  }
  if (gauge) {
    found.push({ id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic' } });
    found.push({ id: 'min', value: 0 }, { id: 'max', value: 1 });
  } else if (steps) {
    found.push({ id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorText } });
  }
  if (links) {
    const value = links.map(([title, url]) => ({ title, url, targetBlank: url.startsWith('${') }));
    found.push({ id: 'links', value });
  }
  return found;
}

/** Rows by labels, a column for each query; only the named columns are kept, in this order. */
export function table(spec: TableSpec): Placeable {
  const queries = spec.queries.map((query) => ({ ...query, instant: true, format: 'table' as const }));
  const fields = spec.columns.map(({ field }) => field);
  const [sortedBy, descending] = spec.sortBy;
  const builder = dressed(new TableBuilder(), { ...spec, queries, unit: 'short' })
    .colorScheme(byThresholds)
    .filterable(true)
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortedBy).desc(descending)]);
  if (queries.length > 1) builder.withTransformation({ id: 'merge', options: {} });
  builder.withTransformation({ id: 'filterFieldsByName', options: { include: { names: fields } } });
  builder.withTransformation({
    id: 'organize',
    options: {
      indexByName: Object.fromEntries(fields.map((field, index) => [field, index])),
      renameByName: Object.fromEntries(spec.columns.map(({ field, title }) => [field, title])),
    },
  });
  for (const column of spec.columns) {
    const properties = looks(column);
    if (properties.length > 0) builder.overrideByName(column.title, properties);
  }
  return { builder, width: spec.width, height: spec.height };
}
