import { type DataFrame, type Field, FieldType, type SelectableValue } from '@grafana/data';

/** Labels that say what a series is, not whose it is. */
const notOfServices: ReadonlySet<string> = new Set(['__name__', 'le', 'quantile']);

/** The labels that the panel's data have, and columns of words, by name, behind a first choice that chooses none of them. */
export function labelChoices(
  frames: readonly DataFrame[],
  none: SelectableValue<string>
): Array<SelectableValue<string>> {
  const names = new Set<string>();
  for (const frame of frames) {
    for (const field of frame.fields) {
      const words = field.type === FieldType.string ? [field.name] : [];
      for (const name of [...Object.keys(field.labels ?? {}), ...words]) {
        if (!notOfServices.has(name)) {
          names.add(name);
        }
      }
    }
  }
  return [none, ...[...names].sort().map(asChoice)];
}

/** The queries that the panel's data come from, behind a first choice that chooses none of them. */
export function queryChoices(
  frames: readonly DataFrame[],
  none: SelectableValue<string>
): Array<SelectableValue<string>> {
  const refIds = new Set<string>();
  for (const { refId } of frames) {
    if (refId) {
      refIds.add(refId);
    }
  }
  return [none, ...[...refIds].sort().map(asChoice)];
}

/** The metrics and fields that the panel's data have: what a mapping can name. */
export function nameChoices(frames: readonly DataFrame[]): string[] {
  const names = new Set<string>();
  for (const frame of frames) {
    for (const field of frame.fields) {
      const name = nameOf(field, frame);
      if (name && field.type !== FieldType.time) {
        names.add(name);
      }
    }
  }
  return [...names].sort();
}

/** The metric's name, or the field's, or the frame's; undefined when none of them has one. */
export function nameOf(field: Field, frame: DataFrame): string | undefined {
  // Prometheus calls every value field "Value": its metric says more.
  return field.labels?.['__name__'] ?? (field.name === 'Value' ? frame.name : field.name);
}

function asChoice(value: string): SelectableValue<string> {
  return { value, label: value };
}
