import { setMaxListeners } from 'node:events';
import { Lane, type LaneOptions } from './lane';
import type { RelayCommand, RelayReport } from './relay-protocol';

export interface RelayOptions extends LaneOptions {
  /** Last settled sequence number of every lane, the synthetic lane last. */
  readonly settled: readonly number[];
  /** Real events go here, synthetic ones to `<topic>.synthetic`. */
  readonly topic: string;
  readonly report: (report: RelayReport) => void;
}

/** Reads the outbox lane by lane, enriches and publishes. It writes nothing: it reports, and the outbox settles. */
export class Relay {
  private readonly lanes: Lane[];
  private readonly stopping = new AbortController();
  private readonly deadline = new AbortController();
  private readonly done: Promise<void>;

  constructor(private readonly options: RelayOptions) {
    // Every lane listens, and there may be hundreds.
    setMaxListeners(0, this.stopping.signal, this.deadline.signal);
    const synthetic = options.settled.length - 1;
    this.lanes = options.settled.map(
      (settled, lane) =>
        new Lane(lane, lane === synthetic ? `${options.topic}.synthetic` : options.topic, settled, options),
    );
    this.done = Promise.all(
      this.lanes.map((lane) => lane.run(this.stopping.signal, this.deadline.signal)),
    ).then(() => undefined);
    options.report({ kind: 'ready' });
  }

  /** Ends with `stop`; rejects when a lane meets what it can't handle, such as a damaged record. */
  get finished(): Promise<void> {
    return this.done;
  }

  handle(command: RelayCommand): void {
    if (command.kind === 'advance') {
      for (const [lane, high] of command.marks) this.lanes[lane]!.advance(high);
    } else if (command.kind === 'frozen') {
      this.lanes[command.lane]!.frozen(command.through);
    } else {
      void this.stop(command.withinMs);
    }
  }

  private async stop(withinMs: number): Promise<void> {
    this.stopping.abort();
    const timer = setTimeout(() => this.deadline.abort(), withinMs);
    await this.done.catch(() => undefined);
    clearTimeout(timer);
    // One lane has died of an error: the others must not go on without it.
    this.deadline.abort();
    this.options.report({ kind: 'stopped' });
  }
}
