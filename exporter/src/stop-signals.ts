/** Ctrl-C in a terminal goes to all of its processes, and npm passes it on once more: both are one. */
const sameMs = 1_000;

/** What is used of a process; of another one in tests. */
interface Signalled {
  on(signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void): unknown;
}

export interface StopSignals {
  /** The first SIGINT or SIGTERM: finish what is in flight. */
  readonly first: (signal: NodeJS.Signals) => void;
  /** A further one: whoever sends it waits no longer. */
  readonly again: () => void;
}

/** Listens for SIGINT and SIGTERM as long as the process lives. `now`: monotonic milliseconds. */
export function onStopSignals(
  { first, again }: StopSignals,
  source: Signalled = process,
  now: () => number = () => performance.now(),
): void {
  let firstAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    source.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = now();
        first(signal);
      } else if (signal === 'SIGTERM' || now() - firstAt > sameMs) again();
    });
  }
}
