import { SingleBar } from 'cli-progress';
import type { Io } from './io';

/** How often a bar is drawn anew. */
export const barIntervalMs = 100;
/** How often a line is written where there is no terminal. */
export const lineIntervalMs = 5_000;

/** A bar on a terminal, as every command draws it: it leaves nothing behind. */
export function createBar(stderr: Io['stderr'], format: string): SingleBar {
  return new SingleBar({
    stream: stderr,
    format,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
}

/** Writes a line at most every five seconds, the first after as long, however often it is called. */
export function pacedLines(stderr: Io['stderr']): (line: () => string) => void {
  let shownAt = performance.now();
  return (line) => {
    if (performance.now() - shownAt < lineIntervalMs) return;
    shownAt = performance.now();
    stderr.write(`${line()}\n`);
  };
}
