import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RelayCommand, RelayReport } from './publish/relay-protocol';
import { runRelay, type RelaySettings } from './relay-run';

/** The main thread's end of the relay. */
export interface RelayLink {
  send(command: RelayCommand): void;
  /** Resolves when the relay has ended after `stop`; rejects when it died of an error. */
  readonly ended: Promise<void>;
}

export type StartRelay = (settings: RelaySettings, report: (report: RelayReport) => void) => RelayLink;

/** Runs the relay in a worker thread. Only built code can do that: a worker does not transform TypeScript. */
export const startRelayThread: StartRelay = (settings, report) => {
  const worker = new Worker(join(__dirname, 'relay-thread.js'), { workerData: settings });
  let stopped = false;
  worker.on('message', (message: RelayReport) => {
    if (message.kind === 'stopped') stopped = true;
    report(message);
  });
  const ended = new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (stopped) resolve();
      else reject(new Error(`the relay thread ended by itself with code ${code}`));
    });
  });
  return { send: (command) => worker.postMessage(command), ended };
};

/** Runs the relay in this thread: for tests and for debugging. */
export const startRelayInline: StartRelay = (settings, report) => {
  const running = runRelay(settings, report);
  const ended = running.then(async (one) => {
    await one.relay.finished;
    await one.close();
  });
  return {
    send: (command) =>
      void running.then(
        ({ relay }) => relay.handle(command),
        () => undefined,
      ),
    ended,
  };
};
