import { type DataFrame, type Field, type Labels } from '@grafana/data';
import { isValue, metricOf, timeFieldOf } from './fields';
import { type RoleMatcher } from './roles';
import { type Found, makeSeries, pickPoints } from './series';

/**
 * Rows that say in words whose they are: the answers to instant queries as a table, SQL, joins. The rows of the same
 * words are one series a figure.
 */
export function readTable(frame: DataFrame, dimensions: readonly Field[], matcher: RoleMatcher, found: Found): void {
  const timeField = timeFieldOf(frame);
  const figures = frame.fields.filter((field) => isValue(field) && !dimensions.includes(field));
  const groups = groupRows(dimensions);
  found.hasRows ||= groups.length > 0;
  for (const { labels, rows } of groups) {
    for (const field of figures) {
      const metric = labels['__name__'] ?? metricOf(field);
      const role = matcher.roleOf(frame, field, metric);
      if (role === 'event') {
        found.eventFrames.push(frame);
        return;
      }
      if (role === undefined) {
        found.strangers.add(metric ?? field.name);
        continue;
      }
      const points = pickPoints(field, timeField, rows);
      const name = metric ?? field.name;
      const series = makeSeries(role, name, { ...field.labels, ...labels }, frame, field, timeField, points);
      if (series) {
        found.series.push(series);
      }
    }
  }
  if (figures.length === 0 && groups.length > 0) {
    dimensions.forEach(({ name }) => found.strangers.add(name));
  }
}

interface RowGroup {
  readonly labels: Labels;
  readonly rows: number[];
}

function groupRows(dimensions: readonly Field[]): RowGroup[] {
  const groups = new Map<string, RowGroup>();
  const length = Math.max(...dimensions.map(({ values }) => values.length));
  for (let row = 0; row < length; row++) {
    const words = dimensions.map(({ values }) => (values[row] == null ? '' : String(values[row])));
    const key = JSON.stringify(words);
    const group = groups.get(key);
    if (group) {
      group.rows.push(row);
    } else {
      groups.set(key, { labels: labelsOf(dimensions, words), rows: [row] });
    }
  }
  return [...groups.values()];
}

/** A cell without a word is a label that isn't there. */
function labelsOf(dimensions: readonly Field[], words: readonly string[]): Labels {
  const labels: Labels = {};
  dimensions.forEach(({ name, config }, index) => {
    const word = words[index];
    if (word !== '') {
      labels[name] = word;
      // A transformation may have renamed it.
      labels[config?.displayName ?? name] ??= word;
    }
  });
  return labels;
}
