import { parser } from '@prometheus-io/lezer-promql';

export interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
}

export interface Selector {
  /** Absent when the name is matched by `__name__`. */
  readonly metric?: string;
  readonly matchers: readonly Matcher[];
}

/** A function over a range, `rate(x[5m])`. */
export interface RangeCall {
  readonly name: string;
  /** As it is written: `5m`. */
  readonly range: string;
}

/** What of a query can be held against the metrics that there are. */
export interface PromqlFacts {
  readonly selectors: readonly Selector[];
  readonly rangeCalls: readonly RangeCall[];
  /** Labels in by, without, on, ignoring and group_left. */
  readonly grouping: readonly string[];
  /** Labels that label_replace makes. */
  readonly made: readonly string[];
}

type Node = ReturnType<typeof parser.parse>['topNode'];

function all(node: Node, ...names: readonly string[]): Node[] {
  const found: Node[] = [];
  node.cursor().iterate((at) => {
    if (names.includes(at.name)) found.push(at.node);
  });
  return found;
}

/**
 * Reads a query by the grammar of Prometheus' own editor.
 * @throws SyntaxError when it is none.
 */
export function factsOf(expr: string): PromqlFacts {
  const top = parser.parse(expr).topNode;
  const text = (node: Node | null): string => (node ? expr.slice(node.from, node.to) : '');
  top.cursor().iterate((at) => {
    if (at.type.isError) throw new SyntaxError(`no PromQL from column ${at.from + 1} on: ${expr}`);
  });
  const selectors = all(top, 'VectorSelector').map((node): Selector => {
    const name = node.getChild('Identifier');
    const matchers = all(node, 'UnquotedLabelMatcher').map((matcher) => ({
      label: text(matcher.getChild('LabelName')),
      op: text(matcher.getChild('MatchOp')),
      value: text(matcher.getChild('StringLiteral')).slice(1, -1),
    }));
    return name ? { metric: text(name), matchers } : { matchers };
  });
  const calls = all(top, 'FunctionCall');
  const name = (call: Node): string => text(call.getChild('FunctionIdentifier'));
  const argumentsOf = (call: Node): string[] =>
    all(call, 'StringLiteral').map((node) => text(node).slice(1, -1));
  return {
    selectors,
    rangeCalls: calls.flatMap((call) => {
      const matrix = call.getChild('FunctionCallBody')?.getChild('MatrixSelector');
      const range = /\[([^\]]*)\]$/.exec(text(matrix ?? null))?.[1];
      return range === undefined ? [] : [{ name: name(call), range }];
    }),
    grouping: all(top, 'GroupingLabels').flatMap((node) => all(node, 'LabelName').map(text)),
    made: calls
      .filter((call) => name(call) === 'label_replace')
      .map((call) => argumentsOf(call).at(-4) ?? ''),
  };
}
