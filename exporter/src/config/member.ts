/** Own member or item of anything. */
export function memberOf(value: unknown, part: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<PropertyKey, unknown>)[part];
}

/** The same when it is a text. */
export function textOf(value: unknown, part: PropertyKey): string | undefined {
  const member = memberOf(value, part);
  return typeof member === 'string' ? member : undefined;
}
