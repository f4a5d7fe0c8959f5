import { canonicalJson } from './canonical';
import { LinearRegExp } from './linear-regexp';

/**
 * Bounds of one evaluation. Steps, depth, items and sizes are counts, so that the same event always meets them at the
 * same place; the time is a last resort for what no count sees, far above what the steps take.
 */
export const expressionLimits = {
  /** Nodes evaluated. */
  steps: 100_000,
  /** Nodes in evaluation at once. */
  depth: 10_000,
  /** Items of one sequence that the expression builds. */
  items: 20_000,
  /** UTF-16 units of one string. */
  stringLength: 4_000_000,
  /** UTF-16 units of the result's JSON text, roughly. */
  resultLength: 256_000,
  /** Milliseconds. */
  time: 5_000,
} as const;

/** The expression went beyond a bound, or came to what is no JSON value. */
export class ExpressionFault extends Error {}

interface JsonataFunction {
  readonly implementation: (this: unknown, ...args: unknown[]) => unknown;
}

/** A JSONata environment, as its entry and exit hooks and its functions see it; `base` is that of the evaluation. */
interface Frame {
  readonly base: Frame;
  timestamp: Date;
  bind(name: string, value: unknown): void;
  lookup(name: string): unknown;
}

interface Run {
  steps: number;
  readonly deadline: number;
}

/** What the guard needs of a compiled expression; JSONata's types leave out that names may be symbols. */
export interface Hookable {
  assign(name: string | symbol, value: unknown): void;
}

const dateTimeWithoutZone = /^\d{4}-\d\d-\d\dT[0-9:.]+$/;

/**
 * Wrappers around built-in functions that would depend on the machine's time zone or take unbounded time or memory
 * inside one call.
 */
const wrappers: Record<
  string,
  (builtin: JsonataFunction['implementation']) => JsonataFunction['implementation']
> = {
  toMillis: (builtin) =>
    function (text, picture) {
      const zoneless = picture === undefined && typeof text === 'string' && dateTimeWithoutZone.test(text);
      return builtin.call(this, zoneless ? `${text}Z` : text, picture);
    },
  pad: (builtin) =>
    function (text, width, char) {
      if (Math.abs(Number(width)) > expressionLimits.stringLength) throw tooLong();
      return builtin.call(this, text, width, char);
    },
  distinct: () =>
    function (items) {
      if (!Array.isArray(items)) return items;
      const seen = new Set<string>();
      const unique: unknown[] = items.filter((item) => seen.size !== seen.add(canonicalJson(item)).size);
      // JSONata's mark of a sequence, which it unwraps when one item is left; a plain list stays a list.
      return 'sequence' in items ? Object.assign(unique, { sequence: true }) : unique;
    },
};

function tooLong(): ExpressionFault {
  return new ExpressionFault(`it made a string of more than ${expressionLimits.stringLength} characters`);
}

function tooSlow(): ExpressionFault {
  return new ExpressionFault(`it ran for more than ${expressionLimits.time} ms`);
}

/** A RegExp class for JSONata whose searches within one evaluation end in time: they all happen inside one step. */
export function boundedRegExp(clock: () => number): new (expression: RegExp) => LinearRegExp {
  return class extends LinearRegExp {
    constructor(expression: RegExp) {
      const deadline = clock() + expressionLimits.time;
      super(expression, () => {
        if (clock() > deadline) throw tooSlow();
      });
    }
  };
}

/**
 * Makes every evaluation of the expression bounded and independent of the machine. Dates that a picture leaves
 * incomplete are completed from the event's time instead of today's.
 *
 * The hooks suspend each evaluation before it goes deeper, so recursion grows on the heap, where `depth` bounds it,
 * and never on the stack.
 * @param clock monotonic milliseconds
 */
export function guardExpression(expression: Hookable, clock: () => number): void {
  const runs = new WeakMap<Frame, Run>();

  const start = (frame: Frame): Run => {
    const run = { steps: 0, deadline: clock() + expressionLimits.time };
    runs.set(frame, run);
    frame.timestamp = new Date((frame.lookup('event') as { timestamp: number }).timestamp);
    for (const [name, wrap] of Object.entries(wrappers)) {
      const builtin = frame.lookup(name) as JsonataFunction;
      frame.bind(name, { ...builtin, implementation: wrap(builtin.implementation) });
    }
    return run;
  };

  expression.assign(
    Symbol.for('jsonata.__evaluate_entry'),
    (_node: unknown, _input: unknown, frame: Frame) => {
      const run = runs.get(frame.base) ?? start(frame.base);
      if (++run.steps > expressionLimits.steps) {
        throw new ExpressionFault(`it took more than ${expressionLimits.steps} steps: does it loop?`);
      }
      if (run.steps % 64 === 0 && clock() > run.deadline) {
        throw tooSlow();
      }
    },
  );
  expression.assign(
    Symbol.for('jsonata.__evaluate_exit'),
    (_node: unknown, _input: unknown, _frame: Frame, result: unknown) => {
      if (typeof result === 'string' && result.length > expressionLimits.stringLength) throw tooLong();
    },
  );
}

/**
 * JSON text of a result, undefined when there is none.
 * @throws ExpressionFault when it is too large, or holds a function or a number that JSON can't write
 */
export function resultJson(result: unknown): string | undefined {
  let left: number = expressionLimits.resultLength;
  return JSON.stringify(result, (key, value: unknown) => {
    left -= key.length + (typeof value === 'string' ? value.length : 4);
    if (left < 0)
      throw new ExpressionFault(`its result is larger than ${expressionLimits.resultLength} characters`);
    if (typeof value === 'function' || isJsonataFunction(value))
      throw new ExpressionFault('its result is a function');
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new ExpressionFault(`its result is ${value}`);
    return value;
  });
}

function isJsonataFunction(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ('_jsonata_lambda' in value || '_jsonata_function' in value)
  );
}
