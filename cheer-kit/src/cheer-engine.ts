import { BatchCounts } from './batch-counts';
import { systemClock, type Clock } from './clock';
import { ConditionTimes } from './condition-times';
import { checkLimits, type CheerLimits } from './conditions';
import { Emitter } from './emitter';
import type { EngineEvent, EventsQuarantined, EventsRecovered } from './engine-events';
import {
  checkReading,
  worstFigures,
  type BreakerReading,
  type EngineState,
  type QueueReading,
} from './engine-state';
import { explain } from './explain';
import { HeldReasons } from './held-reasons';
import { latencyBuckets, LatencyWindow } from './latency-window';
import { cheerScore } from './score';
import { SloTracker, type SloDefinition, type SloReading } from './slo';
import type { BreakerState, CheerState, CheerVerdict, MissReason, ServiceMode, TrafficKind } from './verdict';

/** For `CheerEngine`. */
export interface CheerEngineOptions {
  readonly slos: readonly SloDefinition[];
  /** Names of the queues: a closed list. */
  readonly queues: readonly string[];
  /** Names of what is called: a closed list. Their breakers start closed. */
  readonly downstreams: readonly string[];
  readonly limits: CheerLimits;
  /** Seconds for which a reason must have been well before the state improves. */
  readonly holdSeconds: number;
  /** Seconds after the start before the state may be green; 3 when absent. */
  readonly warmupSeconds?: number;
  /** Bounds of the latency window in seconds: those of the histogram that the rules read. */
  readonly buckets?: readonly number[];
  readonly clock?: Clock;
}

const evaluateEveryMs = 1000;

function modeOf(blocks: Pick<EngineState, 'refusing' | 'fenced' | 'degraded' | 'draining'>): ServiceMode {
  if (blocks.draining !== undefined) return 'draining';
  if (blocks.refusing !== undefined || blocks.fenced !== undefined) return 'refusing';
  return blocks.degraded === undefined ? 'normal' : 'degraded';
}

/**
 * The health cheer of one service.
 *
 * ```
 *              first evidence, and warmupSeconds are over
 *    warming -----------------------------------------------> green
 *     |   ^                                                   |   ^
 *     |   | recovered, but still no evidence                  |   | recovered
 *     v   |                                                   v   |
 *    yellow or red <--------------------------------------- yellow or red
 *
 *    red        refusing, fenced, an error budget is spent, or a queue is at 90 % or more
 *    yellow     any other condition fails, it turns some requests away (degraded), or it is draining
 *    recovered  every reason has been well for holdSeconds
 *    disabled   whatever the reasons, from disable(flag) to enable()
 * ```
 *
 * So the state is the worst of the reasons that are held (see `HeldReasons`): worse at once, better only after the
 * hold. Warming hides nothing but green: a service that can't work says so from its first second. Evidence is a good
 * event, a measured latency or a settled batch.
 *
 * All inputs only add to memory and never throw on a figure; a name outside the closed lists is a bug and a
 * RangeError, what is no figure at all a TypeError. Counts are whole numbers.
 */
export class CheerEngine {
  /** Seconds from leaving green to being back, the latest time; undefined until there was one. */
  recoverySeconds: number | undefined;
  readonly batches = new BatchCounts();
  private readonly clock: Clock;
  private readonly slos: ReadonlyMap<string, SloTracker>;
  private readonly latency: LatencyWindow;
  private readonly queueReadings = new Map<string, QueueReading>();
  private readonly breakerReadings = new Map<string, BreakerReading>();
  private readonly reasons: HeldReasons;
  private readonly conditionTimes = new ConditionTimes();
  private readonly emitter = new Emitter<EngineEvent>();
  private readonly warmUntil: number;
  private limitsNow: CheerLimits;
  private readonly blocks: { refusing?: string; fenced?: string; degraded?: string; draining?: string } = {};
  private doing: { readonly mode: ServiceMode; readonly since: number };
  private flag: string | undefined;
  private evidence = false;
  /** Monotonic milliseconds. */
  private leftGreenAt: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private current: CheerVerdict;

  /** @throws RangeError for limits, objectives or buckets that make no sense. */
  constructor(private readonly options: CheerEngineOptions) {
    checkLimits(options.limits);
    this.limitsNow = options.limits;
    this.clock = options.clock ?? systemClock;
    this.slos = new Map(options.slos.map((slo) => [slo.name, new SloTracker(slo, this.clock)]));
    this.latency = new LatencyWindow(options.buckets ?? latencyBuckets(), this.clock);
    this.reasons = new HeldReasons(options.holdSeconds * 1000);
    this.warmUntil = this.clock.monotonic() + (options.warmupSeconds ?? 3) * 1000;
    const since = this.clock.now();
    this.doing = { mode: 'normal', since };
    for (const downstream of options.downstreams) {
      this.breakerReadings.set(downstream, { downstream, state: 'closed', since });
    }
    this.current = this.judged('warming', since);
  }

  /** Events of one SLO, by the batch: whole numbers. */
  recordSlo(slo: string, good: number, bad: number): void {
    const tracker = this.slos.get(slo);
    if (!tracker) throw new RangeError(`no SLO is named ${slo}`);
    tracker.record(good, bad);
    if (good > 0) this.evidence = true;
  }

  /** `count` real events that were acknowledged after `seconds` each. */
  recordLatency(seconds: number, count: number): void {
    this.latency.record(seconds, count);
    if (count > 0) this.evidence = true;
  }

  /**
   * How full a queue is now.
   *
   * @throws TypeError for what is no reading, as plain JavaScript may hand over; then the one before stays
   */
  setQueue(name: string, reading: QueueReading): void {
    if (!this.options.queues.includes(name)) throw new RangeError(`no queue is named ${name}`);
    checkReading(name, reading);
    this.queueReadings.set(name, reading);
  }

  /** The state of a downstream’s breaker; a change is told to the subscribers. */
  setBreaker(downstream: string, state: BreakerState): void {
    const before = this.breakerReadings.get(downstream);
    if (!before) throw new RangeError(`no downstream is named ${downstream}`);
    if (before.state === state) return;
    const at = this.clock.now();
    this.breakerReadings.set(downstream, { downstream, state, since: at });
    this.emitter.emit({ type: 'breaker', at, downstream, from: before.state, to: state });
    this.evaluate();
  }

  /** Why events are refused now, in a sentence; undefined when they are not. */
  setRefusing(reason: string | undefined): void {
    this.block('refusing', reason);
  }

  /** Why the store accepts nothing until it has been verified; undefined when it does. */
  setFenced(reason: string | undefined): void {
    this.block('fenced', reason);
  }

  /** Which requests are turned away now so that the others are served, in a sentence; undefined when none are. */
  setDegraded(reason: string | undefined): void {
    this.block('degraded', reason);
  }

  /** Why it is about to end, in a sentence; undefined when it is not. */
  setDraining(reason: string | undefined): void {
    this.block('draining', reason);
  }

  /** A batch all of whose events were settled in time over healthy downstreams: a cheer. */
  batchSettled({ traffic, durationSeconds }: { traffic: TrafficKind; durationSeconds: number }): void {
    this.batches.cheer(traffic);
    this.evidence = true;
    this.emitter.emit({ type: 'cheer', at: this.clock.now(), traffic, durationSeconds });
  }

  /** A batch that was not. The caller tells exactly one outcome of each batch. */
  batchMissed({
    reason,
    traffic,
    detail,
  }: {
    reason: MissReason;
    traffic: TrafficKind;
    detail: string;
  }): void {
    this.batches.miss(reason, traffic);
    this.emitter.emit({ type: 'miss', at: this.clock.now(), traffic, reason, detail });
  }

  /** Events were set aside for a person. Tells the subscribers; the batch's miss and the SLO are told on their own. */
  eventsQuarantined(what: Omit<EventsQuarantined, 'type' | 'at'>): void {
    this.emitter.emit({ type: 'quarantined', at: this.clock.now(), ...what });
  }

  /** Events that had been set aside are through. */
  eventsRecovered(what: Omit<EventsRecovered, 'type' | 'at'>): void {
    this.emitter.emit({ type: 'recovered', at: this.clock.now(), ...what });
  }

  /** The kill switch: reads `disabled` on every surface until `enable`. Figures go on being kept. */
  disable(flag: string): void {
    this.flag = flag;
    this.evaluate();
  }

  /** Undoes `disable`. */
  enable(): void {
    this.flag = undefined;
    this.evaluate();
  }

  /**
   * Moves the error budget floor. What the new one makes well is held as ever.
   *
   * @throws RangeError unless it is at least 0 and below 1; then the one before stays.
   */
  setBudgetFloor(ratio: number): void {
    const limits = { ...this.limitsNow, budgetFloorRatio: ratio };
    checkLimits(limits);
    this.limitsNow = limits;
    this.evaluate();
  }

  /** What the conditions are held against now. */
  get limits(): CheerLimits {
    return this.limitsNow;
  }

  /** Judges everything anew; cheap enough for every second, and called at once for what can't wait. */
  evaluate(): CheerVerdict {
    const before = this.current;
    const monotonic = this.clock.monotonic();
    const at = this.clock.now();
    const next = this.judged(before.state, before.since);
    this.current = next;
    if (next.state === before.state) return next;
    let recoverySeconds: number | undefined;
    if (before.state === 'green' && next.state !== 'disabled') this.leftGreenAt = monotonic;
    if (next.state === 'disabled') this.leftGreenAt = undefined;
    if (next.state === 'green' && this.leftGreenAt !== undefined) {
      recoverySeconds = (monotonic - this.leftGreenAt) / 1000;
      this.recoverySeconds = recoverySeconds;
      this.leftGreenAt = undefined;
    }
    this.emitter.emit({
      type: 'state',
      at,
      from: before.state,
      to: next.state,
      verdict: next,
      ...(next.state === 'disabled' && this.flag !== undefined && { flag: this.flag }),
      ...(recoverySeconds !== undefined && { recoverySeconds }),
    });
    return next;
  }

  /** As judged last, at most a second ago when started. */
  verdict(): CheerVerdict {
    return this.current;
  }

  /** Every SLO with its figures now. */
  sloReadings(): SloReading[] {
    return [...this.slos.values()].map((tracker) => tracker.reading());
  }

  /** The readings told last, by name. */
  queues(): ReadonlyMap<string, QueueReading> {
    return this.queueReadings;
  }

  /** Every breaker with its state. */
  breakers(): BreakerReading[] {
    return [...this.breakerReadings.values()];
  }

  /** Calls the listener for each event, in order; returns the unsubscribe. */
  subscribe(listener: (event: EngineEvent) => void): () => void {
    return this.emitter.subscribe(listener);
  }

  /** Evaluates once a second; the timer keeps no process alive. */
  start(): void {
    this.timer ??= setInterval(() => this.evaluate(), evaluateEveryMs).unref();
  }

  /** Ends what `start` began. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** What the service does with requests now, and since when, in epoch milliseconds. */
  mode(): { readonly mode: ServiceMode; readonly since: number } {
    return this.doing;
  }

  private block(code: 'refusing' | 'fenced' | 'degraded' | 'draining', reason: string | undefined): void {
    const was = this.blocks[code];
    if (reason === undefined) delete this.blocks[code];
    else this.blocks[code] = reason;
    const mode = modeOf(this.blocks);
    if (mode !== this.doing.mode) this.doing = { mode, since: this.clock.now() };
    if ((was === undefined) !== (reason === undefined)) this.evaluate();
  }

  private judged(state: CheerState, since: number): CheerVerdict {
    const monotonic = this.clock.monotonic();
    const now = this.clock.now();
    const { slos, latency, queueReadings: queues, breakerReadings: breakers, limits, blocks } = this;
    const worst = worstFigures({ slos, latency, queues, breakers, ...blocks });
    const { conditions, findings } = explain(worst, limits, blocks);
    this.reasons.update(findings, monotonic, now);
    const next = this.stateNow(monotonic);
    return {
      state: next,
      score: cheerScore(next, worst.figures, limits),
      idle: worst.figures.latencyP90Seconds === null,
      since: next === state ? since : now,
      reasons: next === 'disabled' ? [] : this.reasons.list(monotonic),
      conditions: conditions.map((each) => ({
        ...each,
        since: this.conditionTimes.since(each.name, each.ok, now),
      })),
      errorBudgetRemaining: worst.figures.errorBudgetRemaining,
      cheersTotal: this.batches.cheersTotal,
      missesTotal: this.batches.missesTotal,
    };
  }

  private stateNow(monotonic: number): CheerState {
    if (this.flag !== undefined) return 'disabled';
    const worst = this.reasons.worst();
    if (worst !== 'green') return worst;
    return this.evidence && monotonic >= this.warmUntil ? 'green' : 'warming';
  }
}
