import type { Random } from './random';

/** One reader under test. */
export interface Target {
  readonly name: string;
  /** How many of a thousand inputs go to it. */
  readonly share: number;
  /**
   * Makes one input and hands it to the reader. `input` is told what it was before anything is done with it, so that
   * it can be shown when this throws or never comes back. Throws when the reader breaks its promise.
   */
  readonly run: (random: Random, input: (shown: string | Buffer) => void) => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

/** Throws with what was promised. */
export function demand(holds: boolean, promise: string, ...seen: readonly unknown[]): asserts holds {
  if (holds) return;
  const shown = seen.map((one) => (Buffer.isBuffer(one) ? one.toString('latin1') : JSON.stringify(one)));
  throw new Error(`${promise}${seen.length > 0 ? `; seen: ${shown.join(', ')}` : ''}`);
}

/** What `JSON.parse` makes of these bytes; undefined when it refuses them. */
export function parsed(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(strict.decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How many arrays and objects are open at once at the deepest place of a JSON text. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    if (char === '}' || char === ']') depth--;
  }
  return deepest;
}

/** Members of the outermost object of a JSON text, the same name as often as it stands there. */
export function namesOf(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let string: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const from = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
      string = text.slice(from, at + 1);
    } else if (char === ':' && depth === 1) names.push(JSON.parse(string as string) as string);
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
  }
  return names;
}
