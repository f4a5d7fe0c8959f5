import type { Io } from '../io';
import { barIntervalMs, createBar, pacedLines } from '../progress';
import { count } from '../send/reporter';

/** What a long command is doing. */
export interface StoreProgress {
  /** `total` is known only when what is left is. */
  update(what: string, done: number, total?: number): void;
  stop(): void;
}

/** On standard error: a bar on a terminal, a line every five seconds elsewhere. */
export function startProgress(stderr: Io['stderr']): StoreProgress {
  return stderr.isTTY === true ? bar(stderr) : lines(stderr);
}

function bar(stderr: Io['stderr']): StoreProgress {
  let shownAt = -Infinity;
  const one = createBar(stderr, '{bar} {what} | {rows}');
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
  const tell = pacedLines(stderr);
  return {
    update: (what, done, total) => tell(() => `${what}: ${amount(done, total)}`),
    stop: () => undefined,
  };
}

function amount(done: number, total: number | undefined): string {
  return total === undefined ? count(done) : `${count(done)} of ${count(total)}`;
}
