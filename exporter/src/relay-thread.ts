/** Entry of the worker thread in which the relay runs: kafkajs' CPU time must not sit on the ack path. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RelayCommand, RelayReport } from './publish/relay-protocol';
import { runRelay, type RelaySettings } from './relay-run';

/** Spans that are left are sent in what is left of the time to stop, in milliseconds: no longer, and no shorter than this. */
const longestFlushMs = 2_000;
const shortestFlushMs = 100;

async function main(): Promise<void> {
  const port = parentPort!;
  const early: RelayCommand[] = [];
  const hold = (command: RelayCommand): number => early.push(command);
  port.on('message', hold);
  // `stopped` is told last, when the sink and the store are closed too.
  const running = await runRelay(workerData as RelaySettings, (report: RelayReport) => {
    if (report.kind !== 'stopped') port.postMessage(report);
  });
  const { relay, tracing } = running;
  let stopBy = Infinity;
  const handle = (command: RelayCommand): void => {
    if (command.kind === 'stop') stopBy = performance.now() + command.withinMs;
    relay.handle(command);
  };
  port.off('message', hold);
  port.on('message', handle);
  for (const command of early) handle(command);
  await relay.finished;
  await running.close();
  const leftMs = stopBy - performance.now();
  await tracing.shutdown(Math.max(shortestFlushMs, Math.min(longestFlushMs, leftMs)));
  port.postMessage({ kind: 'stopped' } satisfies RelayReport);
  port.close();
  // A request to a collector that hangs would keep the thread for its own time-out.
  if (tracing.enabled) process.exit();
}

// A rejection ends the thread with its error: the main thread starts a new one.
void main().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
