import { createHmac } from 'node:crypto';
import { applyEdits, findPlaces, hasName, isItem, removalOf, type Edit, type Place } from './json-spans';
import { ok, type ConfigOf, type Step } from './step';

/*
 * The steps that change the payload edit its text in place instead of writing it anew: whatever they don't touch
 * keeps its bytes, so white space, the order of members, escapes and numbers beyond 2^53 go on as they came.
 */

type EditsAt = (bytes: Buffer, places: readonly Place[]) => Edit[];

/** One path after the other, as a later one may lie inside what an earlier one changed. */
function createEditStep(paths: readonly (readonly string[])[], editsAt: EditsAt): Step {
  return {
    fields: [],
    run(draft) {
      for (const path of paths) {
        const bytes = draft.payload;
        const places = findPlaces(bytes, path);
        if (places.length > 0) draft.replacePayload(applyEdits(bytes, editsAt(bytes, places)));
      }
      return ok;
    },
  };
}

/** The indexes of the places, container by container. */
function byContainer(places: readonly Place[]): Map<Place['siblings'], Set<number>> {
  const found = new Map<Place['siblings'], Set<number>>();
  for (const { siblings, index } of places) {
    const indexes = found.get(siblings);
    if (indexes) indexes.add(index);
    else found.set(siblings, new Set([index]));
  }
  return found;
}

/** Replaces values; `textOf` gives the new JSON text, or undefined to leave the value. */
function replaceValues(textOf: (bytes: Buffer, start: number, end: number) => string | undefined): EditsAt {
  return (bytes, places) => {
    const edits: Edit[] = [];
    for (const { siblings, index } of places) {
      const span = siblings[index];
      const text = span && textOf(bytes, span.value, span.end);
      if (span && text !== undefined) edits.push({ start: span.value, end: span.end, text });
    }
    return edits;
  };
}

/** Removes the values with their names. Items after a removed one move up. */
export function createDrop(config: ConfigOf<'drop'>): Step {
  return createEditStep(config.paths, (_bytes, places) =>
    [...byContainer(places)].flatMap(([siblings, indexes]) =>
      removalOf(siblings, (index) => indexes.has(index)),
    ),
  );
}

/** Puts one text in the place of each value, of whatever kind. */
export function createRedact(config: ConfigOf<'redact'>): Step {
  const json = JSON.stringify(config.with);
  return createEditStep(
    config.paths,
    replaceValues(() => json),
  );
}

/**
 * Puts the HMAC-SHA256 (RFC 2104, hex) in the place of each value: of a string's characters in UTF-8, of anything
 * else its JSON text as it stands. Null stays: hashed, all who lack a value would join up.
 */
export function createHash(config: ConfigOf<'hash'>): Step {
  const { salt } = config;
  return createEditStep(
    config.paths,
    replaceValues((bytes, start, end) => {
      const json = bytes.toString('utf8', start, end);
      if (json === 'null') return undefined;
      const text = json.startsWith('"') ? (JSON.parse(json) as string) : json;
      return `"${createHmac('sha256', salt).update(text, 'utf8').digest('hex')}"`;
    }),
  );
}

/** Renames members; one that has the new name already gives way. Items have no name and stay. */
export function createRename(config: ConfigOf<'rename'>): Step {
  const { from, to } = config;
  const key = JSON.stringify(to);
  return createEditStep([from], (bytes, places) =>
    [...byContainer(places)].flatMap(([siblings, indexes]) => {
      if (siblings.some(isItem)) return [];
      const renamed = [...indexes].flatMap((index) => {
        const span = siblings[index];
        return span ? [{ start: span.start, end: span.keyEnd, text: key }] : [];
      });
      const gone = removalOf(siblings, (index) => {
        const span = siblings[index];
        return span !== undefined && hasName(bytes, span, to);
      });
      return [...renamed, ...gone];
    }),
  );
}
