import { healthRecords } from './health-recording';
import type { AlertingRule, RecordingRule, RuleFiles, RuleGroup } from './rule';

/** `standard` as it runs; `fast` the same rules in a sixtieth of the time, to see them work. */
export const ruleProfiles = ['standard', 'fast'] as const;
/** One of `ruleProfiles`. */
export type RuleProfile = (typeof ruleProfiles)[number];

/** Hours become minutes and minutes seconds. */
const factor = 60;
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
/** What is in quotes is no duration, whatever it looks like. */
const inExpression =
  /"(?:[^"\\]|\\.)*"|(?<=\[)\d+[smhd](?=\])|(?<=offset )\d+[smhd]|(?<=predict_linear\([^\]]*\], )\d+/g;

function shortened(duration: string): string {
  const seconds = Number.parseInt(duration, 10) * (unitSeconds[duration.at(-1) as string] ?? NaN);
  return `${Math.max(1, Math.round(seconds / factor))}s`;
}

function expression(text: string): string {
  return text.replace(inExpression, (part) => {
    if (part.startsWith('"')) return part;
    return /^\d+$/.test(part) ? String(Number(part) / factor) : shortened(part);
  });
}

function group<Rule extends RecordingRule | AlertingRule>(given: RuleGroup<Rule>): RuleGroup<Rule> {
  return {
    ...given,
    ...(given.interval !== undefined && { interval: shortened(given.interval) }),
    rules: given.rules.map((rule) => ({
      ...rule,
      expr: 'record' in rule && healthRecords.has(rule.record) ? rule.expr : expression(rule.expr),
      ...('for' in rule && rule.for !== undefined && { for: shortened(rule.for) }),
      ...('keep_firing_for' in rule &&
        rule.keep_firing_for !== undefined && { keep_firing_for: shortened(rule.keep_firing_for) }),
    })),
  };
}

/**
 * The rules with every range, offset and wait divided by sixty, and not below a second. Names and labels keep the windows
 * of the standard ones, so that dashboards and routes need no change. Prometheus must scrape each second. The conditions of
 * health keep their ranges: the processes judge themselves by those, whatever the rules.
 */
export function fastProfile({ recording, alerts }: RuleFiles): RuleFiles {
  return { recording: recording.map(group), alerts: alerts.map(group) };
}
