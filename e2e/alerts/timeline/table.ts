import type { Row, Timeline } from './run-timeline';

function cells({ fault, arrived, resolved, inhibited }: Row): string[][] {
  return Object.entries(arrived).map(([key, after], i) => [
    i === 0 ? fault : '',
    key,
    after.toFixed(1),
    resolved[key]?.toFixed(1) ?? '',
    i === 0 ? inhibited.join(', ') : '',
  ]);
}

/** As Markdown. */
export function timelineTable({ rows, falseAlerts }: Timeline): string {
  const lines = [
    ['fault', 'expected', 'arrived after (s)', 'resolved after (s)', 'fired, and was inhibited'],
    ['---', '---', '---:', '---:', '---'],
    ...rows.flatMap(cells),
  ];
  const none = falseAlerts.length === 0 ? '0' : falseAlerts.join(', ');
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n\nFalse alerts: ${none}\n`;
}
