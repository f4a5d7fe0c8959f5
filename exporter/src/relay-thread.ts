/** Entry of the worker thread in which the relay runs: kafkajs' CPU time must not sit on the ack path. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RelayCommand, RelayReport } from './publish/relay-protocol';
import { runRelay, type RelaySettings } from './relay-run';

async function main(): Promise<void> {
  const port = parentPort!;
  const early: RelayCommand[] = [];
  const hold = (command: RelayCommand): number => early.push(command);
  port.on('message', hold);
  // `stopped` is told last, when the sink and the store are closed too.
  const running = await runRelay(workerData as RelaySettings, (report: RelayReport) => {
    if (report.kind !== 'stopped') port.postMessage(report);
  });
  port.off('message', hold);
  port.on('message', (command: RelayCommand) => running.relay.handle(command));
  for (const command of early) running.relay.handle(command);
  await running.relay.finished;
  await running.close();
  port.postMessage({ kind: 'stopped' } satisfies RelayReport);
  port.close();
}

// A rejection ends the thread with its error: the main thread starts a new one.
void main().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
