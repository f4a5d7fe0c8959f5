import { SingleBar } from 'cli-progress';
import type { Io } from '../io';
import { count } from '../send/reporter';

/** What a long command is doing. */
export interface StoreProgress {
  /** `total` is known only when what is left is. */
  update(what: string, done: number, total?: number): void;
  stop(): void;
}

const lineIntervalMs = 5_000;
const barIntervalMs = 100;

/** On standard error: a bar on a terminal, a line every five seconds elsewhere, nothing when `quiet`. */
export function startProgress(stderr: Io['stderr'], quiet: boolean): StoreProgress {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  return stderr.isTTY === true ? bar(stderr) : lines(stderr);
}

function bar(stderr: Io['stderr']): StoreProgress {
  let shownAt = -Infinity;
  const one = new SingleBar({
    stream: stderr,
    format: '{bar} {what} | {rows}',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  one.start(1, 0, { what: '', rows: '' });
  return {
    update(what, done, total) {
      if (performance.now() - shownAt < barIntervalMs) return;
      shownAt = performance.now();
      one.setTotal(total ?? 1);
      one.update(total === undefined ? 0 : done, { what, rows: amount(done, total) });
    },
    stop: () => one.stop(),
  };
}

function lines(stderr: Io['stderr']): StoreProgress {
  let shownAt = performance.now();
  return {
    update(what, done, total) {
      if (performance.now() - shownAt < lineIntervalMs) return;
      shownAt = performance.now();
      stderr.write(`${what}: ${amount(done, total)}\n`);
    },
    stop: () => undefined,
  };
}

function amount(done: number, total: number | undefined): string {
  return total === undefined ? count(done) : `${count(done)} of ${count(total)}`;
}
