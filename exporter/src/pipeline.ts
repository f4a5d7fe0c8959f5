import type { Logger } from '@selfcheer/cheer-kit';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerAck } from './broker-ack';
import type { Config } from './config/schema';
import { sinkOf } from './config/sink';
import { createEnricher } from './enrich/enricher';
import { messageOf, SelfcheerError } from './errors';
import type { Acceptor, Actor, AppendOutcome, Event, QuarantineAction } from './event';
import { releaseBallast } from './outbox/ballast';
import { isNoSpace } from './outbox/no-space';
import { Outbox, type Batch, type Committed } from './outbox/outbox';
import { Quarantine, type BulkRequest, type Taken } from './outbox/quarantine';
import { QuarantineAudit } from './outbox/quarantine-audit';
import type { FoundStretch } from './outbox/found-ages';
import type { Replay } from './outbox/replays';
import { openStore, storePaths, type Store } from './outbox/store';
import type { FreezeRequest, RelayReport, SettledBatch } from './publish/relay-protocol';
import type { RelayLink, StartRelay } from './relay-link';
import { RelayRestarts } from './relay-restarts';

/** What the pipeline tells as it happens. Called on the hot path: cheap, and never throwing. */
export interface PipelineObserver {
  /** The store is open and verified; `lanes` are all of its lanes, the synthetic one last. */
  opened(lanes: readonly OpenedLane[], aliveAt: number): void;
  committed(lanes: readonly Committed[], seconds: number): void;
  /** This event is on its way again, as number `seq` of its lane. */
  replayed(lane: number, seq: number): void;
  /** Replayed events were settled and did not come back to quarantine. */
  recovered(replays: readonly Replay[]): void;
  /** Everything the relay reports, before a settled batch is noted in the store. */
  reported(report: RelayReport): void;
  /** The relay thread has died and is started anew. */
  relayLost(error: Error): void;
  /** A write failed; nothing is accepted until `opened`. */
  fenced(error: Error): void;
}

/** What a lane holds as the store is opened. */
export interface OpenedLane {
  readonly low: number;
  readonly high: number;
  /** When that was accepted, as far as it is known. */
  readonly found: readonly FoundStretch[];
  /** Sequence numbers of what is a replay from quarantine, growing. */
  readonly replayed: readonly number[];
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
  private relayDiedOf = '';
  private readonly brokerAck: BrokerAck;
  private readonly audit: QuarantineAudit;
  private parts!: Parts;

  private constructor(private readonly options: PipelineOptions) {
    const { dataDir, publish } = options.config;
    this.audit = new QuarantineAudit(dataDir);
    this.brokerAck = new BrokerAck({
      timeoutMs: publish.timeoutMs,
      lanes: () => this.lanes,
      quarantined: (events) => this.parts.quarantine.verdicts(events),
    });
  }

  /** Rejects with a StoreError when the store does not add up or is in use, with a UsageError for a wrong `enrich`. */
  static async open(options: PipelineOptions): Promise<Pipeline> {
    // Said now what can't be used, and not by a relay that dies of it again and again.
    createEnricher(options.config.enrich, { baseDir: baseDirOf(options) }).close();
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
    this.parts = {
      store,
      outbox,
      quarantine: new Quarantine(store, outbox, this.audit, (...at) => observer.replayed(...at)),
    };
    const lanes = outbox.lanes.length - 1;
    if (lanes !== config.outbox.lanes) {
      const { lanes: configured } = config.outbox;
      this.options.logger.warn(
        { lanes, configured },
        'the store keeps the number of lanes that it was created with',
      );
    }
    observer.opened(
      outbox.lanes.map(({ low, high }, lane) => ({
        low,
        high,
        found: store.ages.of(lane),
        replayed: store.replays.in(lane),
      })),
      store.ages.aliveAt,
    );
    this.startRelay();
  }

  async append(events: readonly Event[]): Promise<AppendOutcome[]> {
    const { outbox } = this.parts;
    if (this.options.config.ack === 'outbox') return outbox.append(events);
    const refusal = this.brokerAck.refusal();
    if (refusal) throw refusal;
    return this.brokerAck.settled(events, await outbox.append(events));
  }

  /** Stores events without waiting for the sink, whatever `ack` says. */
  enqueue(events: readonly Event[]): Promise<AppendOutcome[]> {
    return this.parts.outbox.append(events);
  }

  figures(): ReturnType<Outbox['figures']> {
    return this.parts.outbox.figures();
  }

  /** Milliseconds for which the first in a standing queue of events has waited for the disk; 0 without one. */
  standingMs(): number {
    return this.parts.outbox.standingMs();
  }

  /** Marks of every lane; the last one is the synthetic lane. */
  get lanes(): Outbox['lanes'] {
    return this.parts.outbox.lanes;
  }

  /** Deaths of the relay in a row, and what the last one was of; none when it has been well for 30 s. */
  relayDeaths(): { readonly count: number; readonly detail: string } {
    return { count: this.restarts.inARow, detail: this.relayDiedOf };
  }

  quarantined(): Pick<Quarantine, 'count' | 'list' | 'get'> {
    return this.parts.quarantine;
  }

  /** Replays or discards one quarantined event. */
  async settleQuarantined(action: QuarantineAction, number: number, actor: Actor): Promise<Taken> {
    const [taken] = await this.parts.quarantine.act(action, [number], actor);
    return taken!;
  }

  /** One step of a replay or discard of all that fit. */
  settleAllQuarantined(
    action: QuarantineAction,
    request: BulkRequest,
    actor: Actor,
  ): ReturnType<Quarantine['actOnAll']> {
    return this.parts.quarantine.actOnAll(action, request, actor);
  }

  /** Who replayed and discarded what. */
  audited(page: { readonly before: number; readonly limit: number }): ReturnType<QuarantineAudit['list']> {
    return this.audit.list(page);
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
    this.brokerAck.breaker('closed');
    this.restarts.started();
    relay.ended.catch((error: unknown) => {
      if (this.relay !== relay || this.closing || this.reopening) return;
      this.relay = undefined;
      this.relayDiedOf = messageOf(error);
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
    if (report.kind === 'breaker' && report.downstream === sinkOf(this.options.config)) {
      this.brokerAck.breaker(report.state);
    }
    if (report.kind === 'freeze') this.freeze(report);
    if (report.kind !== 'settled') return;
    this.settle(report).catch((error: unknown) => {
      this.options.logger.error(
        { err: error, lane: report.lane },
        'a settled batch could not be noted; it will be sent again',
      );
    });
  }

  /** Without its answer the lane waits: it is sent when this is stored, by this relay or by the next one. */
  private freeze({ lane, through, results }: FreezeRequest): void {
    const { relay } = this;
    this.parts.outbox.freeze(lane, results).then(
      () => relay?.send({ kind: 'frozen', lane, through }),
      (error: unknown) => this.options.logger.warn({ err: error, lane }, 'results could not be frozen yet'),
    );
  }

  private async settle({ lane, through, bytes, refused }: SettledBatch): Promise<void> {
    const { outbox, quarantine } = this.parts;
    let recovered: readonly Replay[] = [];
    const move = async (batch: Batch): Promise<void> => {
      recovered = await quarantine.settle(batch, lane, through, refused);
    };
    await outbox.settle(lane, through, bytes, quarantine.concerns(lane, through, refused) ? move : undefined);
    this.brokerAck.note(lane, through, refused);
    if (recovered.length > 0) this.options.observer.recovered(recovered);
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
    // Closing, opening and draining need a little room on a disk that has none.
    const { fencedBy } = this.parts.outbox.figures();
    if (isNoSpace(fencedBy)) releaseBallast(this.options.config.dataDir);
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
    await this.audit.close();
  }
}
