import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config/schema';
import { messageOf } from './errors';
import type { Committed } from './outbox/committer';
import type { Outbox } from './outbox/outbox';
import { storePaths } from './outbox/store';
import type { RelayCommand, RelayReport } from './publish/relay-protocol';
import type { RelayLink, StartRelay } from './relay-link';
import { RelayRestarts } from './relay-restarts';

export interface RelayKeeperOptions {
  readonly config: Config;
  /** The configuration's file, if there is one: file names in it count from its directory. */
  readonly configFile: string | undefined;
  readonly startRelay: StartRelay;
  /** A relay begins: what the one before knew of the sink is gone with it. */
  readonly started: () => void;
  /** What the relay that runs says; `send` answers that one, and nobody once it has ended. */
  readonly reported: (report: RelayReport, send: (command: RelayCommand) => void) => void;
  /** It has died and is started anew. */
  readonly lost: (error: Error) => void;
}

/** Directory that file names in the configuration count from. */
export function baseDirOf({ configFile }: Pick<RelayKeeperOptions, 'configFile'>): string {
  return configFile === undefined ? process.cwd() : dirname(configFile);
}

/**
 * Keeps a relay running over the outbox that it was given last.
 *
 *   stopped --run--> running --dies--> waiting --its time has come--> running
 *      ^                |                 |
 *      '------stop------'------stop-------'
 *
 * A relay that dies is started again from the settled marks; what it had in flight is sent once more.
 */
export class RelayKeeper {
  private relay: RelayLink | undefined;
  /** Ends the wait for a restart. */
  private stopping = new AbortController();
  private readonly restarts = new RelayRestarts();
  private diedOf = '';

  constructor(private readonly options: RelayKeeperOptions) {}

  /** Deaths of the relay in a row, and what the last one was of; none when it has been well for 30 s. */
  deaths(): { readonly count: number; readonly detail: string } {
    return { count: this.restarts.inARow, detail: this.diedOf };
  }

  /** Starts a relay over an outbox that has just been opened; the one before must have been stopped. */
  run(outbox: Outbox): void {
    this.stopping = new AbortController();
    this.start(outbox);
  }

  /** Lanes have grown. */
  advance(lanes: readonly Committed[]): void {
    this.relay?.send({ kind: 'advance', marks: lanes.map(({ lane, high }) => [lane, high] as const) });
  }

  /** It may settle for `settleMs`, and is given up after `endMs`; it is not started again until the next `run`. */
  async stop(settleMs: number, endMs: number): Promise<void> {
    this.stopping.abort();
    const { relay } = this;
    if (!relay) return;
    relay.send({ kind: 'stop', withinMs: settleMs });
    const timer = setTimeout(() => relay.giveUp(), endMs);
    await relay.ended.catch(() => undefined);
    clearTimeout(timer);
    this.relay = undefined;
  }

  private start(outbox: Outbox): void {
    const { config, startRelay } = this.options;
    const settings = {
      config,
      baseDir: baseDirOf(this.options),
      storeLocation: storePaths(config.dataDir).level,
      storeId: outbox.storeId,
      settled: outbox.lanes.map(({ low }) => low - 1),
    };
    const relay = startRelay(settings, (report) => {
      // A thread that was given up may have reports on their way: they are of batches that will be sent again.
      if (this.relay === relay) this.options.reported(report, (command) => relay.send(command));
    });
    this.relay = relay;
    this.options.started();
    this.restarts.started();
    relay.ended.catch((error: unknown) => {
      if (this.relay !== relay || this.stopping.signal.aborted) return;
      this.relay = undefined;
      this.diedOf = messageOf(error);
      this.options.lost(error as Error);
      this.restart(outbox, this.stopping.signal).catch(() => undefined);
    });
    relay.send({ kind: 'advance', marks: outbox.lanes.map(({ high }, lane) => [lane, high] as const) });
  }

  /** Rejects when the outbox is fenced or closed meanwhile: then it is not this relay's turn any more. */
  private async restart(outbox: Outbox, stopping: AbortSignal): Promise<void> {
    await sleep(this.restarts.died(), undefined, { ref: false, signal: stopping });
    // What the dead one has settled must be noted first: the new one begins behind the marks.
    await outbox.change(false, () => undefined);
    if (!stopping.aborted) this.start(outbox);
  }
}
