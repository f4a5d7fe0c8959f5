import type { AlertingRule, RecordingRule } from '@selfcheer/cheer-kit';

/** A rule with one thing wrong. */
export interface Mutant<Rule> {
  /** What is wrong. */
  readonly what: string;
  readonly rule: Rule;
}

/** By how much thresholds and factors are shifted: what the tests' near misses must be nearer than. */
const shift = 0.05;

const shortened: Readonly<Record<string, string>> = { s: 's', m: 'm', h: 'h', d: 'd' };

interface Edit {
  readonly what: string;
  readonly expr: string;
}

/** Each occurrence of the pattern outside of quotes, changed on its own. */
function edits(expr: string, pattern: RegExp, change: (match: RegExpExecArray) => readonly string[]): Edit[] {
  const quoted = [...expr.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(({ index, 0: text }) => [
    index,
    index + text.length,
  ]);
  const found = [...expr.matchAll(pattern)].filter(
    ({ index }) => !quoted.some(([from = 0, to = 0]) => index > from && index < to),
  );
  return found.flatMap((match, place) =>
    change(match).map((text) => ({
      what: `${match[0].trim()} #${place + 1} -> ${text.trim() === '' ? 'nothing' : text.trim()}`,
      expr: expr.slice(0, match.index) + text + expr.slice(match.index + match[0].length),
    })),
  );
}

const inverted: Readonly<Record<string, string>> = {
  ...{ '>': '<', '<': '>', '>=': '<', '<=': '>', '==': '!=', '!=': '==' },
};
const bounds: Readonly<Record<string, string>> = { '>': '>=', '<': '<=', '>=': '>', '<=': '<' };

function comparisons(expr: string): Edit[] {
  return edits(
    expr,
    /(?<![=!<>{~a-z])(>=|<=|==|!=|>|<)(?![=~"])( bool)?(?= )/g,
    ([, operator = '', bool = '']) => [
      `${inverted[operator] ?? ''}${bool}`,
      ...(bounds[operator] === undefined ? [] : [`${bounds[operator]}${bool}`]),
    ],
  );
}

/** Thresholds, factors and quantiles; not what stands in ranges. */
function numbers(expr: string): Edit[] {
  return edits(expr, /(?<=^|[ (])\d+(?:\.\d+)?(?=[ ,)]|$)/gm, ([text]) => {
    const number = Number(text);
    return number === 0
      ? []
      : [1 + shift, 1 - shift].map((by) => String(Number((number * by).toPrecision(6))));
  });
}

function clauses(expr: string): Edit[] {
  return [
    ...edits(expr, /\n *(?:and|or|unless)\b[^\n]*/g, () => ['']),
    ...edits(expr, / or 0 \* [\w:]+(?=\))/g, () => ['']),
  ];
}

function matchers(expr: string): Edit[] {
  // In one selector alone it would be held by the others.
  const unguarded = expr.replaceAll(/service!=""(?:, )?/g, '');
  return [
    ...(unguarded === expr ? [] : [{ what: 'no guard of the service', expr: unguarded }]),
    ...edits(expr, /(?<=[{ ])(?!service!)[a-z_]+(?:=~|!~|!=|=)"[^"]*", /g, () => ['']),
    ...edits(expr, /(?:, |(?<=\{))(?!service!)[a-z_]+(?:=~|!~|!=|=)"[^"]*"(?=\})/g, () => ['']),
  ];
}

function ranges(expr: string): Edit[] {
  return [
    ...edits(expr, /(?<=\[)(\d+)([smhd])(?=\])/g, ([, count = '', unit = '']) => [
      `${Number(count) * 2}${shortened[unit] ?? ''}`,
      unit === 's' || count === '1'
        ? `${Math.max(1, Math.floor(smaller(count, unit)[0]))}${smaller(count, unit)[1]}`
        : `${Math.max(1, Math.floor(Number(count) / 2))}${unit}`,
    ]),
    ...edits(expr, / offset \d+[smhd]/g, () => ['']),
  ];
}

/** Half of one unit, in the next smaller one. */
function smaller(count: string, unit: string): readonly [number, string] {
  const [per, name] = ({ d: [24, 'h'], h: [60, 'm'], m: [60, 's'], s: [1, 's'] } as const)[unit] ?? [1, 's'];
  return [(Number(count) * per) / 2, name];
}

function aggregations(expr: string): Edit[] {
  const other: Readonly<Record<string, string>> = { max: 'min', min: 'max', sum: 'max' };
  return edits(expr, /\b(max|min|sum)(?= by )/g, ([text]) => [other[text] ?? '']);
}

/** Every way in which an expression can be a little wrong. */
export function expressionMutants(expr: string): Edit[] {
  return [comparisons, numbers, clauses, matchers, ranges, aggregations].flatMap((mutate) => mutate(expr));
}

export function recordingMutants(rule: RecordingRule): Mutant<RecordingRule>[] {
  return expressionMutants(rule.expr).map(({ what, expr }) => ({ what, rule: { ...rule, expr } }));
}

/** Those of its expression, and of how long it waits and is kept. */
export function alertMutants(rule: AlertingRule): Mutant<AlertingRule>[] {
  const { for: wait, keep_firing_for: keep, ...rest } = rule;
  const minutes = (duration: string): number =>
    Number.parseInt(duration, 10) * (duration.endsWith('h') ? 60 : 1);
  const kept = keep !== undefined && { keep_firing_for: keep };
  const waits = wait !== undefined && { for: wait };
  return [
    ...(wait === undefined
      ? []
      : [
          { what: 'no for', rule: { ...rest, ...kept } },
          { what: 'for: longer', rule: { ...rest, ...kept, for: `${minutes(wait) + 5}m` } },
          {
            what: 'for: shorter',
            rule: {
              ...rest,
              ...kept,
              for: `${minutes(wait) - Math.max(1, Math.min(5, Math.floor(minutes(wait) / 2)))}m`,
            },
          },
        ]),
    ...(keep === undefined
      ? []
      : [
          { what: 'no keep_firing_for', rule: { ...rest, ...waits } },
          {
            what: 'keep_firing_for: longer',
            rule: { ...rest, ...waits, keep_firing_for: `${minutes(keep) + 1}m` },
          },
          {
            what: 'keep_firing_for: shorter',
            rule: { ...rest, ...waits, keep_firing_for: `${minutes(keep) - 1}m` },
          },
        ]),
    ...expressionMutants(rule.expr).map(({ what, expr }) => ({ what, rule: { ...rule, expr } })),
  ];
}
