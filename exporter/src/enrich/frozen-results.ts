/** What the steps of one event found that could be something else next time: JSON text by step; null for no field. */
export type FrozenResults = Map<string, string | null>;

/** As one text, for the store. */
export function encodeResults(results: FrozenResults): string {
  return JSON.stringify([...results]);
}

export function decodeResults(text: string | undefined): FrozenResults {
  return new Map(text === undefined ? [] : (JSON.parse(text) as [string, string | null][]));
}
