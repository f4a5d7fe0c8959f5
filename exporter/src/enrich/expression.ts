import jsonata from 'jsonata';
import { messageOf } from '../errors';
import { labelOf, type Draft } from './draft';
import { boundedRegExp, expressionLimits, guardExpression, resultJson } from './expression-guard';
import { LinearRegExp } from './linear-regexp';
import { ok, orUsageError, quarantine, type ConfigOf, type Step, type StepOutcome } from './step';

const forbidden = new Set(['now', 'millis', 'random', 'shuffle', 'eval']);

/** Names that JSONata or JavaScript gives a meaning of their own; a payload must not be able to use them. */
const reservedNames = new Set(['__proto__', '_jsonata_lambda', '_jsonata_function']);
/** One of these is in any payload that has such a name; the last is for names written with escapes. */
const reservedText = ['__proto__', '_jsonata_', '\\u'];

/**
 * A field from a JSONata 2 expression over the payload. `$event` is {event_id, source, type, key, timestamp,
 * accepted_at}, `$enriched` what earlier steps have added. Nothing found: no field. An error, a bound that was
 * exceeded, `$error` or a failed `$assert` sets the event aside.
 * @param clock monotonic milliseconds
 * @throws UsageError when it does not compile, or uses the time, chance or $eval
 */
export function createExpression(config: ConfigOf<'expression'>, where: string, clock: () => number): Step {
  const label = labelOf(config.field);
  const { expression, variables } = orUsageError(
    `${where}: can't use the expression`,
    'try it on an event at try.jsonata.org',
    () => compile(config.expression, clock),
  );
  const usesEnriched = variables.has('enriched');
  return {
    fields: [config.field],
    async run(draft) {
      const input = safeValue(draft);
      const bindings = {
        event: eventOf(draft),
        ...(usesEnriched && { enriched: JSON.parse(draft.enriched()) as unknown }),
      };
      try {
        const json = resultJson(await expression.evaluate(input, bindings));
        if (json !== undefined) draft.add(label, json);
        return ok;
      } catch (error) {
        return failed(error);
      }
    },
  };
}

function compile(
  text: string,
  clock: () => number,
): { expression: jsonata.Expression; variables: Set<string> } {
  const options = {
    stack: expressionLimits.depth,
    sequence: expressionLimits.items,
    RegexEngine: boundedRegExp(clock),
  };
  const expression = jsonata(text, options as unknown as jsonata.JsonataOptions);
  const variables = inspect(expression.ast());
  for (const name of forbidden) {
    if (variables.has(name)) {
      throw new Error(
        `$${name} would make the same event come out differently each time; use $event.timestamp for the time`,
      );
    }
  }
  guardExpression(expression, clock);
  return { expression, variables };
}

/** Names of all variables and functions in the syntax tree; compiles its regular expressions. */
function inspect(root: unknown): Set<string> {
  const variables = new Set<string>();
  const seen = new Set<object>();
  const pending = [root];
  while (pending.length > 0) {
    const node = pending.pop();
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    if (node instanceof RegExp) new LinearRegExp(node);
    const { type, value } = node as { type?: unknown; value?: unknown };
    if (type === 'variable' && typeof value === 'string') variables.add(value);
    pending.push(...(Object.values(node) as unknown[]));
  }
  return variables;
}

function eventOf({ event }: Draft): Record<string, string | number> {
  const { id, source, type, key, timestamp, acceptedAt } = event;
  return { event_id: id, source, type, key, timestamp, accepted_at: acceptedAt };
}

/** The payload without members whose names could pass for prototypes or for JSONata's own functions. */
function safeValue(draft: Draft): unknown {
  const { payload } = draft;
  if (!reservedText.some((text) => payload.includes(text))) return draft.value();
  return JSON.parse(payload.toString('utf8'), (name, value: unknown) =>
    reservedNames.has(name) ? undefined : value,
  );
}

/** JSONata's codes for the bounds that it keeps itself. */
const boundOf: Record<string, string> = {
  D1011: `it went more than ${expressionLimits.depth} levels deep: does it recurse without end?`,
  D2014: `it built a list of more than ${expressionLimits.items} items`,
  D2015: `it built a list of more than ${expressionLimits.items} items`,
};

/** JSONata throws objects that are no Errors and repeat values of the payload, which don't belong into a log. */
function failed(error: unknown): StepOutcome {
  const { message, code, value, value2 } = error as Partial<Record<'message' | 'code', string>> &
    Record<string, unknown>;
  const bound = boundOf[code ?? ''];
  if (bound !== undefined) return quarantine('expression', `the expression failed: ${bound}`);
  let text = message ?? messageOf(error);
  for (const secret of [value, value2]) {
    const shown = typeof secret === 'object' ? undefined : JSON.stringify(secret);
    if (shown !== undefined && shown.length > 2) text = text.replaceAll(shown, '…');
  }
  return quarantine('expression', `the expression failed${code ? ` (${code})` : ''}: ${text}`);
}
