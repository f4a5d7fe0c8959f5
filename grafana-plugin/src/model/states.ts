import { type CheerState, statesWorstFirst } from '../types';

const ranks: Readonly<Record<CheerState, number>> = {
  red: statesWorstFirst.indexOf('red'),
  yellow: statesWorstFirst.indexOf('yellow'),
  stale: statesWorstFirst.indexOf('stale'),
  unknown: statesWorstFirst.indexOf('unknown'),
  warming: statesWorstFirst.indexOf('warming'),
  disabled: statesWorstFirst.indexOf('disabled'),
  green: statesWorstFirst.indexOf('green'),
};

/** 0 is the worst. */
export function rankOf(state: CheerState): number {
  return ranks[state];
}

/** The worst of those that are said; where some are off and some are well, it is well as far as is known. */
export function worstOf(isSaid: (state: CheerState) => boolean): CheerState | undefined {
  const worst = statesWorstFirst.find(isSaid);
  return worst === 'disabled' && isSaid('green') ? 'green' : worst;
}

const words: Readonly<Record<string, CheerState>> = {
  green: 'green',
  ok: 'green',
  healthy: 'green',
  up: 'green',
  good: 'green',
  normal: 'green',
  pass: 'green',
  yellow: 'yellow',
  amber: 'yellow',
  warn: 'yellow',
  warning: 'yellow',
  degraded: 'yellow',
  pending: 'yellow',
  red: 'red',
  critical: 'red',
  error: 'red',
  down: 'red',
  unhealthy: 'red',
  bad: 'red',
  fail: 'red',
  failed: 'red',
  failing: 'red',
  alerting: 'red',
  firing: 'red',
  warming: 'warming',
  starting: 'warming',
  disabled: 'disabled',
  off: 'disabled',
  paused: 'disabled',
  stale: 'stale',
};

/** Undefined for a word that is no state; case and white space around it don't matter. */
export function stateOfWord(word: string): CheerState | undefined {
  const known = word.trim().toLowerCase();
  return Object.hasOwn(words, known) ? words[known] : undefined;
}

const stateWords: Readonly<Record<CheerState, string>> = {
  green: 'Green',
  yellow: 'Yellow',
  red: 'Red',
  warming: 'Warming',
  disabled: 'Disabled',
  stale: 'Stale',
  unknown: 'Unknown',
};

export function stateWord(state: CheerState): string {
  return stateWords[state];
}

/** "Red, was yellow". */
export function changeText(state: CheerState, was: CheerState): string {
  return `${stateWord(state)}, was ${was}`;
}
