/** Labels by which series of one service are told from another's. */
export const byService = 'namespace, service';
/** One promise of one service. */
export const bySlo = 'namespace, service, slo';
/** One process of one service: what the process itself judges. */
export const byPod = 'namespace, service, instance';

/**
 * A selector of the kit's own metrics. A series without a service is left out: it belongs to nobody, and Alertmanager
 * takes missing labels for equal ones, so that its alerts would inhibit, and be inhibited by, anybody's.
 */
export function own(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['service!=""', ...matchers].join(', ')}}`;
}

/** `range` behind a selector and its rate, summed. */
export function summedRate(by: string, selector: string, range: string): string {
  return `sum by (${by}) (rate(${selector}[${range}]))`;
}

/** Lines of an expression, each further one indented. */
export function lines(...parts: readonly string[]): string {
  return parts.join('\n');
}

/** The text with every line but the first moved to the right, so that what is nested looks so. */
export function indented(text: string, by = 2): string {
  return text.replaceAll('\n', `\n${' '.repeat(by)}`);
}
