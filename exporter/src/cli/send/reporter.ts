import type { Io } from '../io';
import { barIntervalMs, createBar, lineIntervalMs } from '../progress';

export interface Progress {
  /** Events that have their answer. */
  readonly settled: number;
  readonly rejected: number;
  readonly bytesRead: number;
  readonly totalBytes: number | undefined;
}

/** Shows how far sending is while it goes on. */
export interface Reporter {
  /** A message beside the progress, such as why it waits. */
  readonly note: (text: string) => void;
  readonly stop: () => void;
}

/** A bar on a terminal, a line every five seconds elsewhere, nothing when `quiet`. */
export function startReporter(
  stderr: Io['stderr'],
  quiet: boolean,
  progress: () => Progress,
  now: () => number,
): Reporter {
  if (quiet) return { note: () => undefined, stop: () => undefined };
  return stderr.isTTY === true ? startBar(stderr, progress, now) : startLines(stderr, progress, now);
}

function startBar(stderr: Io['stderr'], progress: () => Progress, now: () => number): Reporter {
  const started = now();
  const known = progress().totalBytes !== undefined;
  const bar = createBar(
    stderr,
    `${known ? '{bar} {percentage}% | ' : ''}{sent} events | {rate}/s | {rejected} rejected{note}`,
  );
  let note = '';
  const fields = (): Record<string, string> => {
    const { settled, rejected } = progress();
    return {
      sent: counted(settled, 'event'),
      rate: count(rateOf(settled, now() - started)),
      rejected: count(rejected),
      note,
    };
  };
  bar.start(progress().totalBytes ?? 1, 0, fields());
  const timer = setInterval(() => bar.update(known ? progress().bytesRead : 0, fields()), barIntervalMs);
  timer.unref();
  return {
    note: (text) => (note = ` | ${text}`),
    stop: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}

function startLines(stderr: Io['stderr'], progress: () => Progress, now: () => number): Reporter {
  const started = now();
  const line = (): void => {
    const { settled, rejected, bytesRead, totalBytes } = progress();
    const part =
      totalBytes === undefined || totalBytes === 0
        ? ''
        : ` (${Math.floor((100 * bytesRead) / totalBytes)} % read)`;
    const rate = count(rateOf(settled, now() - started));
    stderr.write(`${counted(settled, 'event')}${part}, ${rate}/s, ${count(rejected)} rejected\n`);
  };
  const timer = setInterval(line, lineIntervalMs);
  timer.unref();
  let last = { text: '', at: -Infinity };
  return {
    // Several connections say the same thing many times while a service is away.
    note: (text) => {
      if (text === last.text && now() - last.at < lineIntervalMs) return;
      last = { text, at: now() };
      stderr.write(`${text}\n`);
    },
    stop: () => clearInterval(timer),
  };
}

function rateOf(events: number, ms: number): number {
  return ms <= 0 ? 0 : Math.round((events * 1000) / ms);
}

/** `12,345`. */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}

/** `1 event`, `12,345 events`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}
