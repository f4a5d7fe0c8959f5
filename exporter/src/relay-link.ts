import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RelayCommand, RelayReport } from './publish/relay-protocol';
import { runRelay, type MakeSink, type RelaySettings } from './relay-run';

/** The main thread's end of the relay. */
export interface RelayLink {
  send(command: RelayCommand): void;
  /** Ends it whatever it does: a send that hangs has its own timeout, which may be longer than anyone can wait. */
  giveUp(): void;
  /** Resolves when the relay has ended after `stop`; rejects when it died of an error or was given up. */
  readonly ended: Promise<void>;
}

export type StartRelay = (settings: RelaySettings, report: (report: RelayReport) => void) => RelayLink;

/** Runs the relay in a worker thread. Only built code can do that: a worker does not transform TypeScript. */
export const startRelayThread: StartRelay = (settings, report) => {
  const worker = new Worker(join(__dirname, 'relay-thread.js'), {
    name: 'relay',
    workerData: settings,
  });
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
  return {
    send: (command) => worker.postMessage(command),
    giveUp: () => void worker.terminate(),
    ended,
  };
};

/** Runs the relay in this thread: for tests and for debugging. `sink` stands in for the one of the configuration. */
export function inlineRelay(sink?: MakeSink): StartRelay {
  return (settings, report) => {
    const running = runRelay(settings, report, sink);
    let giveUp!: (error: Error) => void;
    const hung = new Promise<never>((_resolve, reject) => (giveUp = reject));
    const run = running.then(async (one) => {
      try {
        await one.relay.finished;
      } finally {
        // One lane died: the others end, too, as they do with their thread.
        one.relay.handle({ kind: 'stop', withinMs: 0 });
        await one.close();
      }
    });
    const send = async (command: RelayCommand): Promise<void> => (await running).relay.handle(command);
    return {
      send: (command) => void send(command).catch(() => undefined),
      giveUp: () => giveUp(new Error('the relay did not end in time')),
      ended: Promise.race([run, hung]),
    };
  };
}

export const startRelayInline: StartRelay = inlineRelay();
