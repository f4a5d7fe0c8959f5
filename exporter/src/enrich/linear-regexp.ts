import { RE2JS } from 're2js';
import { messageOf } from '../errors';

const compiled = new WeakMap<RegExp, RE2JS>();

/**
 * Compiles a pattern in JavaScript's syntax for an engine whose time is linear in the text: V8's own can take
 * exponential time, so one crafted event could hold up a lane for ever.
 * @param flags `i` and `m` count
 * @throws when the pattern needs look-around or back-references, which no linear engine can do
 */
export function compileLinear(source: string, flags: string): RE2JS {
  const ignoreCase = flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0;
  const multiline = flags.includes('m') ? RE2JS.MULTILINE : 0;
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source), ignoreCase | multiline);
  } catch (cause) {
    const why =
      'look-around and back-references are not supported, as hostile text could make them run for ever';
    throw new Error(`the pattern /${source}/ can't be used (${messageOf(cause)}): ${why}`, { cause });
  }
}

/** The part of RegExp that JSONata uses, over the linear engine: `exec` from `lastIndex`, which then moves past the match. */
export class LinearRegExp {
  lastIndex = 0;
  readonly #pattern: RE2JS;
  readonly #beforeMatch: () => void;
  #text: string | undefined;
  #matcher: ReturnType<RE2JS['matcher']> | undefined;

  /** @param beforeMatch called before each search: one is linear, but thousands in a long text are not */
  constructor(expression: RegExp, beforeMatch: () => void = () => undefined) {
    this.#beforeMatch = beforeMatch;
    let pattern = compiled.get(expression);
    if (!pattern) {
      pattern = compileLinear(expression.source, expression.flags);
      compiled.set(expression, pattern);
    }
    this.#pattern = pattern;
  }

  /** Groups stand behind the match; one that took no part is undefined. */
  exec(text: string): ((string | undefined)[] & { index: number }) | null {
    this.#beforeMatch();
    if (this.#matcher === undefined || this.#text !== text) {
      this.#matcher = this.#pattern.matcher(text);
      this.#text = text;
    }
    const matcher = this.#matcher;
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, group) => matcher.group(group) ?? undefined,
    );
    this.lastIndex = matcher.end();
    return Object.assign(groups, { index: matcher.start() });
  }
}
