import { count } from '../send/reporter';
import { table } from '../table';
import { badKinds } from './bad-events';
import type { Tally } from './player';

export interface Aftermath {
  readonly seconds: number;
  readonly published: number;
  readonly quarantined: number;
}

export interface DemoSummary {
  readonly text: string;
  /** True when every event came to the end it should. */
  readonly asExpected: boolean;
}

/** What was played and what became of it, the bad ones by name. */
export function summarize(tally: Tally, { seconds, published, quarantined }: Aftermath): DemoSummary {
  const sum = (kind: string): number => [...(tally.get(kind)?.values() ?? [])].reduce((a, b) => a + b, 0);
  const of = (kind: string, answer: string): number => tally.get(kind)?.get(answer) ?? 0;
  const bad = badKinds.filter(({ name }) => sum(name) > 0);
  const badSent = bad.reduce((total, { name }) => total + sum(name), 0);
  const accepted = [...tally.keys()].reduce((total, kind) => total + of(kind, 'accepted'), 0);
  const toQuarantine = bad
    .filter(({ expected }) => expected === 'quarantined')
    .reduce((total, { name }) => total + of(name, 'accepted'), 0);

  const rows = bad.map(({ name, expected }) => {
    const answers = [...(tally.get(name) ?? [])].map(([answer, times]) => {
      if (answer !== 'accepted') return `${count(times)} rejected: ${answer}`;
      return `${count(times)} accepted${expected === 'quarantined' ? ', then set aside in quarantine' : ''}`;
    });
    return [name, sum(name), answers.join(', ')];
  });
  const goodKept = ['flights', 'earthquakes'].every((kind) => sum(kind) === of(kind, 'accepted'));
  const badCaught = bad.every(({ name, expected }) => {
    return of(name, expected === 'quarantined' ? 'accepted' : expected) === sum(name);
  });
  const asExpected =
    goodKept && badCaught && quarantined === toQuarantine && published + quarantined === accepted;
  const total = sum('flights') + sum('earthquakes') + badSent;
  const text = [
    `\nPlayed ${count(total)} events in ${seconds.toFixed(1)} s: ${count(sum('flights'))} flights, ` +
      `${count(sum('earthquakes'))} earthquakes and ${count(badSent)} bad ones.`,
    `Accepted ${count(accepted)}, rejected ${count(total - accepted)}. ` +
      `Of the accepted ones ${count(published)} are published and ${count(quarantined)} in quarantine.`,
    ...(bad.length === 0
      ? []
      : ['\nThe bad ones:', table(['KIND', 'SENT', 'WHAT BECAME OF THEM'], rows).trimEnd()]),
    asExpected
      ? '\nEvery event came to the end it should.'
      : '\nThis is NOT what should have become of them.',
    '',
  ].join('\n');
  return { text, asExpected };
}
