import type { Logger } from '@selfcheer/cheer-kit';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerAck } from './broker-ack';
import type { Config } from './config/schema';
import { createEnricher } from './enrich/enricher';
import { messageOf, SelfcheerError } from './errors';
import type { Acceptor, AppendOutcome, Event, QuarantinedEvent } from './event';
import { Outbox, type Batch, type Committed } from './outbox/outbox';
import { Quarantine } from './outbox/quarantine';
import { openStore, storePaths, type Store } from './outbox/store';
import type { RelayReport, SettledBatch } from './publish/relay-protocol';
import type { RelayLink, StartRelay } from './relay-link';
import { RelayRestarts } from './relay-restarts';

/** What the pipeline tells as it happens. Called on the hot path: cheap, and never throwing. */
export interface PipelineObserver {
  /** The store is open and verified; `lanes` are the marks of the real ones. */
  opened(lanes: readonly { readonly low: number; readonly high: number }[]): void;
  committed(lanes: readonly Committed[], seconds: number): void;
  /** Everything the relay reports, before a settled batch is noted in the store. */
  reported(report: RelayReport): void;
  /** The relay thread has died and is started anew. */
  relayLost(error: Error): void;
  /** A write failed; nothing is accepted until `opened`. */
  fenced(error: Error): void;
}

export interface PipelineOptions {
  readonly config: Config;
  /** The configuration's file, if there is one: file names in it count from its directory. */
  readonly configFile: string | undefined;
  readonly startRelay: StartRelay;
  readonly observer: PipelineObserver;
  readonly logger: Logger;
}

interface Parts {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly quarantine: Quarantine;
}

function baseDirOf({ configFile }: PipelineOptions): string {
  return configFile === undefined ? process.cwd() : dirname(configFile);
}

const retryMs = 5_000;
/** For the relay of a fenced store: it settles nothing any more. */
const fencedRelayMs = 2_000;
/** However little time is left, the store is given this much to be closed in order. */
const leastCloseMs = 1_000;
/** Of the time to close: the relay settles until then, and is given up then; the store is closed in the rest. */
const settleShare = 0.7;
const giveUpShare = 0.75;

/**
 * The durable half of the exporter: the outbox in this thread, the relay in its own.
 *
 *   opening -> open -> fenced -> opening -> open ...    a write failed: close, verify, open again, for as long as it takes
 *              open -> closed                            drained
 *
 * A relay that dies is started again from the settled marks; what it had in flight is sent once more.
 */
export class Pipeline implements Acceptor {
  private relay: RelayLink | undefined;
  private readonly ending = new AbortController();
  private reopening: Promise<void> | undefined;
  private readonly restarts = new RelayRestarts();
  private readonly brokerAck = new BrokerAck();
  private parts!: Parts;

  private constructor(private readonly options: PipelineOptions) {}

  /** Rejects with a StoreError when the store does not add up or is in use, with a UsageError for a wrong `enrich`. */
  static async open(options: PipelineOptions): Promise<Pipeline> {
    // Said now what can't be used, and not by a relay that dies of it again and again.
    createEnricher(options.config.enrich, { baseDir: baseDirOf(options) });
    const pipeline = new Pipeline(options);
    await pipeline.assemble();
    return pipeline;
  }

  private async assemble(): Promise<void> {
    const { config, observer } = this.options;
    const store = await openStore(config.dataDir, config.outbox.lanes);
    const outbox = new Outbox(
      store,
      { dedupe: config.dedupe, ...config.outbox },
      {
        committed: (lanes, seconds) => {
          this.relay?.send({ kind: 'advance', marks: lanes.map(({ lane, high }) => [lane, high] as const) });
          observer.committed(lanes, seconds);
        },
        fenced: (error) => this.fence(error),
      },
    );
    this.parts = { store, outbox, quarantine: new Quarantine(store, outbox) };
    const lanes = outbox.lanes.length - 1;
    if (lanes !== config.outbox.lanes) {
      const { lanes: configured } = config.outbox;
      this.options.logger.warn(
        { lanes, configured },
        'the store keeps the number of lanes that it was created with',
      );
    }
    observer.opened(outbox.lanes.slice(0, -1));
    this.startRelay();
  }

  async append(events: readonly Event[]): Promise<AppendOutcome[]> {
    const { outbox } = this.parts;
    const outcomes = await outbox.append(events);
    if (this.options.config.ack === 'outbox') return outcomes;
    const { timeoutMs } = this.options.config.publish;
    await this.brokerAck.settled(events, outcomes, outbox.lanes, timeoutMs);
    return outcomes;
  }

  /** Stores events without waiting for the sink, whatever `ack` says. */
  enqueue(events: readonly Event[]): Promise<AppendOutcome[]> {
    return this.parts.outbox.append(events);
  }

  figures(): ReturnType<Outbox['figures']> {
    return this.parts.outbox.figures();
  }

  /** Marks of every lane; the last one is the synthetic lane. */
  get lanes(): Outbox['lanes'] {
    return this.parts.outbox.lanes;
  }

  quarantined(): Pick<Quarantine, 'count' | 'list' | 'get'> {
    return this.parts.quarantine;
  }

  replay(number: number): Promise<QuarantinedEvent | undefined> {
    return this.parts.quarantine.replay(number);
  }

  discard(number: number): Promise<QuarantinedEvent | undefined> {
    return this.parts.quarantine.discard(number);
  }

  private startRelay(): void {
    const { config, startRelay, observer } = this.options;
    const { store, outbox } = this.parts;
    const settings = {
      config,
      baseDir: baseDirOf(this.options),
      storeLocation: storePaths(config.dataDir).level,
      storeId: outbox.storeId,
      settled: outbox.lanes.map(({ low }) => low - 1),
    };
    const relay = startRelay(settings, (report) => {
      // A thread that was given up may have reports on their way: they are of batches that will be sent again.
      if (this.relay === relay && this.parts.store === store) this.hear(report);
    });
    this.relay = relay;
    this.restarts.started();
    relay.ended.catch((error: unknown) => {
      if (this.relay !== relay || this.closing || this.reopening) return;
      this.relay = undefined;
      observer.relayLost(error as Error);
      this.restartRelay().catch(() => undefined);
    });
    relay.send({ kind: 'advance', marks: outbox.lanes.map(({ high }, lane) => [lane, high] as const) });
  }

  /** Rejects when the store is fenced or closed meanwhile: then it is not this relay's turn any more. */
  private async restartRelay(): Promise<void> {
    await sleep(this.restarts.died(), undefined, { ref: false, signal: this.ending.signal });
    // What the dead one has settled must be noted first: the new one begins behind the marks.
    await this.parts.outbox.change(false, () => undefined);
    if (!this.closing && !this.reopening && !this.relay) this.startRelay();
  }

  private hear(report: RelayReport): void {
    this.options.observer.reported(report);
    if (report.kind !== 'settled') return;
    this.settle(report).catch((error: unknown) => {
      this.options.logger.error(
        { err: error, lane: report.lane },
        'a settled batch could not be noted; it will be sent again',
      );
    });
  }

  private async settle({ lane, through, bytes, refused }: SettledBatch): Promise<void> {
    const { outbox, quarantine } = this.parts;
    const move = (batch: Batch): Promise<void> => quarantine.moveIn(batch, lane, refused);
    await outbox.settle(lane, through, bytes, refused.length > 0 ? move : undefined);
    this.brokerAck.note(lane, through);
  }

  /** Told by the outbox, which accepts nothing any more. */
  private fence(error: Error): void {
    this.options.observer.fenced(error);
    if (this.closing || this.reopening) return;
    this.reopening = this.reopen().finally(() => {
      this.reopening = undefined;
      // It may have been fenced again before this was noted.
      const { fencedBy } = this.parts.outbox.figures();
      if (fencedBy) this.fence(fencedBy);
    });
  }

  private async reopen(): Promise<void> {
    const { logger } = this.options;
    await this.stopRelay(0, fencedRelayMs);
    await this.parts.outbox.close().catch((error: unknown) => {
      logger.warn({ err: error }, 'closing the fenced store failed');
    });
    while (!this.closing) {
      try {
        await this.assemble();
        return;
      } catch (error) {
        logger.error({ err: error }, `the store can't be opened yet: ${messageOf(error)}`);
        await sleep(retryMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
    }
  }

  private async stopRelay(settleMs: number, endMs: number): Promise<void> {
    const { relay } = this;
    if (!relay) return;
    relay.send({ kind: 'stop', withinMs: settleMs });
    const timer = setTimeout(() => relay.giveUp(), endMs);
    await relay.ended.catch(() => undefined);
    clearTimeout(timer);
    this.relay = undefined;
  }

  private get closing(): boolean {
    return this.ending.signal.aborted;
  }

  /** With `ack: broker`: answers what still waits for the sink, while there is somebody to answer to. */
  giveUpWaiting(): void {
    const error = new SelfcheerError('draining', 'The service is shutting down.', { retriable: true });
    this.brokerAck.giveUp(error);
  }

  /**
   * Settles what is frozen, notes it, leaves the clean marker and closes the store; resolves within `withinMs`, or within
   * a second when `withinMs` is shorter. A store that hangs is left as a crash leaves it: the next start verifies it.
   */
  async close(withinMs: number): Promise<void> {
    this.ending.abort();
    this.giveUpWaiting();
    const deadline = performance.now() + Math.max(withinMs, leastCloseMs);
    const late = setTimeout(() => giveUp('late'), Math.max(withinMs, leastCloseMs));
    let giveUp!: (outcome: 'late') => void;
    const tooLate = new Promise<'late'>((resolve) => (giveUp = resolve));
    try {
      if ((await Promise.race([this.end(deadline), tooLate])) === 'late') {
        this.options.logger.error('the store could not be closed in time: the next start verifies it');
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** `deadline`: monotonic milliseconds. */
  private async end(deadline: number): Promise<void> {
    await this.reopening;
    const leftMs = Math.max(0, deadline - performance.now());
    await this.stopRelay(settleShare * leftMs, giveUpShare * leftMs);
    await this.parts.outbox.close();
  }
}
