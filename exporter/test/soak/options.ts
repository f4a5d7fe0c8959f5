import { parseArgs } from 'node:util';
import { type FaultKind, faultKinds } from './schedule';

export interface SoakOptions {
  readonly minutes: number;
  /** Events a second. */
  readonly rate: number;
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  /** Trends that were observed for less are only reported. */
  readonly judgeMinutes: number;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
}

export const help = `usage: npm run soak [-- --minutes N --rate N --seed N --faults LIST --json FILE --markdown FILE]

Steady load on the built exporter over a real Kafka while things break at random; then an account from outside, and
trends of memory, disk, handles and latency. Needs java 17 and kcat; the fault "disk" needs strace.

  --minutes N        length of the load (default 30)
  --rate N           events a second (default 500)
  --seed N           of the faults (default drawn and told); the same seed gives the same faults
  --faults LIST      ${faultKinds.join(',')} (default all); none
  --judge-minutes N  trends that were observed for less are told, but don't fail the run (default 10)
  --json FILE        writes everything as JSON
  --markdown FILE    writes the tables as Markdown
  --help

Ctrl-C ends the load and draws up the account; a second one ends at once, without it.
Exit code 0: nothing lost, back to green, no leak. 1: not so. 2: wrong usage or a part is missing.
`;

/** `help` when that was asked for. @throws RangeError or TypeError that names the wrong option */
export function readOptions(args: readonly string[], drawSeed: () => number): SoakOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string', default: '500' },
      seed: { type: 'string' },
      faults: { type: 'string', default: faultKinds.join(',') },
      'judge-minutes': { type: 'string', default: '10' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    minutes: numberIn('--minutes', values.minutes, 0.5, 10_080),
    rate: numberIn('--rate', values.rate, 20, 20_000),
    seed: values.seed === undefined ? drawSeed() : wholeIn('--seed', values.seed, 0, 2 ** 32 - 1),
    faults: readFaults(values.faults),
    judgeMinutes: numberIn('--judge-minutes', values['judge-minutes'], 0.1, 10_080),
    json: values.json,
    markdown: values.markdown,
  };
}

function readFaults(list: string): FaultKind[] {
  if (list === 'none') return [];
  return [...new Set(list.split(','))].map((name) => {
    const kind = faultKinds.find((known) => known === name.trim());
    if (!kind) throw new RangeError(`--faults: there is no "${name}"; choose from ${faultKinds.join(', ')}`);
    return kind;
  });
}

function numberIn(option: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= least && value <= most)) {
    throw new RangeError(`${option} ${text} is not a number from ${least} to ${most}`);
  }
  return value;
}

function wholeIn(option: string, text: string, least: number, most: number): number {
  const value = numberIn(option, text, least, most);
  if (!Number.isInteger(value)) throw new RangeError(`${option} ${text} is not a whole number`);
  return value;
}
