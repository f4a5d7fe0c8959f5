import { type DataFrame, type Field, FieldType } from '@grafana/data';
import { type RoleMatcher } from './roles';

export function isValue({ type }: Field): boolean {
  switch (type) {
    case FieldType.number:
    case FieldType.boolean:
    case FieldType.string:
    case FieldType.enum:
      return true;
    default:
      return false;
  }
}

/** The name of a series in Prometheus' way. */
export function metricOf({ labels }: Field): string | undefined {
  return labels?.['__name__'];
}

export function timeFieldOf(frame: DataFrame): Field | undefined {
  for (const field of frame.fields) {
    if (field.type === FieldType.time) {
      return field;
    }
  }
  return undefined;
}

/** The columns of words that say whose a row is; a frame without any has its series in columns. */
export function dimensionsOf(frame: DataFrame, matcher: RoleMatcher): readonly Field[] {
  let dimensions = none;
  for (const field of frame.fields) {
    if (field.type === FieldType.string && !isStateColumn(field, frame, matcher)) {
      dimensions = [...dimensions, field];
    }
  }
  return dimensions;
}

// Most frames of thousands have no such column.
const none: readonly Field[] = [];

/** A column of words that is the state, not the label of a figure that is 1 while this state holds. */
export function isStateColumn(field: Field, frame: DataFrame, matcher: RoleMatcher): boolean {
  if (field.type !== FieldType.string || matcher.roleOf(frame, field, metricOf(field)) !== 'state') {
    return false;
  }
  return frame.fields.every(
    (other) =>
      other.name !== '__name__' &&
      (other.type !== FieldType.number || matcher.roleOf(frame, other, metricOf(other)) !== 'state')
  );
}
