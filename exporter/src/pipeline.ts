import type { Logger } from '@selfcheer/cheer-kit';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerAck } from './broker-ack';
import type { Config } from './config/schema';
import { createEnricher } from './enrich/enricher';
import { messageOf, SelfcheerError } from './errors';
import type { Acceptor, Actor, AppendOutcome, Event, QuarantineAction } from './event';
import { releaseBallast } from './outbox/ballast';
import { isNoSpace } from './outbox/no-space';
import { Outbox } from './outbox/outbox';
import { Quarantine, type BulkRequest, type Taken } from './outbox/quarantine';
import { QuarantineAudit } from './outbox/quarantine-audit';
import { compactOutbox, openStore, type Store } from './outbox/store';
import type { PipelineObserver } from './pipeline-observer';
import { baseDirOf, RelayKeeper } from './relay-keeper';
import type { StartRelay } from './relay-link';
import { RelayNotes } from './relay-notes';

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

const retryMs = 5_000;
/** Before a store is opened again that was opened less long ago. */
const pauseMs = 1_000;
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
 */
export class Pipeline implements Acceptor {
  private readonly ending = new AbortController();
  private reopening: Promise<void> | undefined;
  private openedAt = -Infinity;
  private reclaiming: Promise<unknown> | undefined;
  /** How much had been settled then. */
  private reclaimedAt = 0;
  private readonly relay: RelayKeeper;
  private readonly notes: RelayNotes;
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
    this.notes = new RelayNotes({ ...options, parts: () => this.parts, brokerAck: this.brokerAck });
    this.relay = new RelayKeeper({
      ...options,
      started: () => this.brokerAck.breaker('closed'),
      reported: (report, send) => this.notes.hear(report, send),
      lost: (error) => options.observer.relayLost(error),
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

  /** `keep`: see `openStore`. */
  private async assemble(keep = true): Promise<void> {
    const { config, observer } = this.options;
    const store = await openStore(config.dataDir, config.outbox.lanes, keep);
    this.openedAt = performance.now();
    const outbox = new Outbox(
      store,
      { dedupe: config.dedupe, ...config.outbox },
      {
        committed: (lanes, seconds) => {
          this.relay.advance(lanes);
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
    this.relay.run(outbox);
  }

  async append(events: readonly Event[]): Promise<AppendOutcome[]> {
    const { outbox } = this.parts;
    if (this.options.config.ack === 'outbox') return this.stored(events, await outbox.append(events));
    const refusal = this.brokerAck.refusal();
    if (refusal) throw refusal;
    return this.brokerAck.settled(events, this.stored(events, await outbox.append(events)));
  }

  private stored(events: readonly Event[], outcomes: AppendOutcome[]): AppendOutcome[] {
    this.options.observer.appended(events, outcomes);
    return outcomes;
  }

  /** Stores events without waiting for the sink, whatever `ack` says. */
  enqueue(events: readonly Event[]): Promise<AppendOutcome[]> {
    return this.parts.outbox.append(events);
  }

  figures(): ReturnType<Outbox['figures']> {
    return this.parts.outbox.figures();
  }

  /** Bytes taken into the store since it was last opened, and how many of them are not written yet. */
  get taken(): Outbox['taken'] {
    return this.parts.outbox.taken;
  }

  /** What was taken into the store and is not written yet. */
  get unwritten(): Outbox['unwritten'] {
    return this.parts.outbox.unwritten;
  }

  /** Why nothing at all is taken now, though the store could take it. */
  get refusing(): string | undefined {
    if (this.options.config.ack === 'outbox' || !this.brokerAck.refusal()) return undefined;
    return 'the sink is away, and with ack: broker nothing is taken meanwhile';
  }

  /** LevelDB gives room back as it is written to, and to a full disk nothing is written. */
  reclaim(): void {
    const settled = this.lanes.reduce((sum, { low }) => sum + low, 0);
    if (this.reclaiming || this.reopening || this.closing) return;
    // What is not settled is written anew: never more of that than of what goes.
    if (settled - this.reclaimedAt < Math.max(1, this.figures().outboxRecords)) return;
    this.reclaimedAt = settled;
    this.reclaiming = compactOutbox(this.parts.store.db)
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'room could not be reclaimed'))
      .finally(() => (this.reclaiming = undefined));
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
    return this.relay.deaths();
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
    await this.relay.stop(0, fencedRelayMs);
    await this.reclaiming;
    this.notes.tellUnnoted();
    // Closing, opening and draining need a little room on a disk that has none.
    const full = isNoSpace(this.parts.outbox.figures().fencedBy);
    if (full) releaseBallast(this.options.config.dataDir);
    await this.parts.outbox.close().catch((error: unknown) => {
      logger.warn({ err: error }, 'closing the fenced store failed');
    });
    // Reading a whole store takes all there is of disk and processor: not again and again without a pause.
    if (performance.now() - this.openedAt < pauseMs) await this.pause(pauseMs);
    while (!this.closing) {
      try {
        await this.assemble(!full);
        return;
      } catch (error) {
        logger.error({ err: error }, `the store can't be opened yet: ${messageOf(error)}`);
        await this.pause(retryMs);
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.ending.signal }).catch(() => undefined);
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
    await this.relay.stop(settleShare * leftMs, giveUpShare * leftMs);
    await this.reclaiming;
    await this.parts.outbox.close();
    await this.audit.close();
  }
}
