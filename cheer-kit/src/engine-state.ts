import type { CheerFigures } from './conditions';
import type { LatencyWindow } from './latency-window';
import type { SloFigures, SloTracker } from './slo';
import type { BreakerState } from './verdict';

/** One bounded queue as it is now. */
export interface QueueReading {
  /** In the same unit as `capacity`. */
  readonly depth: number;
  readonly capacity: number;
  /** Seconds for which the oldest item has been waiting; 0 when empty. */
  readonly oldestAgeSeconds: number;
  /** Seconds within which an item should be settled; absent when waiting is no fault. */
  readonly ageTargetSeconds?: number;
}

/** One circuit breaker as it is now. */
export interface BreakerReading {
  readonly downstream: string;
  readonly state: BreakerState;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** What a service has been told or has measured, before any judgement. */
export interface EngineState {
  readonly slos: ReadonlyMap<string, SloTracker>;
  readonly latency: LatencyWindow;
  readonly queues: ReadonlyMap<string, QueueReading>;
  readonly breakers: ReadonlyMap<string, BreakerReading>;
  /** Why events are refused, why the store is fenced, why some are turned away, why it drains. */
  readonly refusing?: string;
  readonly fenced?: string;
  readonly degraded?: string;
  readonly draining?: string;
}

/** The worst of each kind, with what it belongs to. */
export interface WorstFigures {
  readonly figures: CheerFigures;
  readonly slo: SloFigures | undefined;
  readonly fullest: { readonly name: string; readonly saturation: number } | undefined;
  readonly oldest:
    { readonly name: string; readonly ageSeconds: number; readonly targetSeconds: number } | undefined;
  readonly open: readonly string[];
  /** Half-open breakers. */
  readonly probing: readonly string[];
}

/** @throws TypeError unless all figures are numbers, of whatever size: NaN is judged, and shows */
export function checkReading(queue: string, reading: unknown): void {
  if (typeof reading !== 'object' || reading === null) {
    throw new TypeError(
      `queue ${queue}: a reading is { depth, capacity, oldestAgeSeconds }, not ${String(reading)}`,
    );
  }
  const { depth, capacity, oldestAgeSeconds, ageTargetSeconds = 0 } = reading as Record<string, unknown>;
  for (const [name, figure] of Object.entries({ depth, capacity, oldestAgeSeconds, ageTargetSeconds })) {
    if (typeof figure !== 'number') {
      throw new TypeError(`queue ${queue}: ${name} must be a number, and it is ${String(figure)}`);
    }
  }
}

/** A queue's depth / capacity; 1 when it has no capacity but something in it. */
export function saturationOf({ depth, capacity }: QueueReading): number {
  if (depth <= 0) return 0;
  return capacity === 0 ? 1 : depth / capacity;
}

/** Of two untouched budgets the one that has seen more says more. */
function isWorse(a: SloFigures, b: SloFigures): boolean {
  if (a.judgedBudget !== b.judgedBudget) return a.judgedBudget < b.judgedBudget;
  return a.good + a.bad > b.good + b.bad;
}

/** Everything that the conditions are judged by. */
export function worstFigures(state: EngineState): WorstFigures {
  let slo: SloFigures | undefined;
  for (const tracker of state.slos.values()) {
    const reading = tracker.figures();
    if (!slo || isWorse(reading, slo)) slo = reading;
  }
  let fullest: WorstFigures['fullest'];
  let oldest: WorstFigures['oldest'];
  for (const [name, queue] of state.queues) {
    const saturation = saturationOf(queue);
    // Negated, so that a figure that is not a number wins and shows.
    if (!fullest || !(saturation <= fullest.saturation)) fullest = { name, saturation };
    if (queue.ageTargetSeconds === undefined) continue;
    const age = { name, ageSeconds: queue.oldestAgeSeconds, targetSeconds: queue.ageTargetSeconds };
    if (!oldest || !(age.ageSeconds / age.targetSeconds <= oldest.ageSeconds / oldest.targetSeconds))
      oldest = age;
  }
  const breakersThatAre = (wanted: BreakerState): string[] =>
    [...state.breakers.values()]
      .filter((breaker) => breaker.state === wanted)
      .map(({ downstream }) => downstream);
  const open = breakersThatAre('open');
  const figures: CheerFigures = {
    errorBudgetRemaining: slo?.judgedBudget ?? 1,
    latencyP90Seconds: state.latency.quantile(0.9) ?? null,
    saturation: fullest?.saturation ?? 0,
    ageRatio: oldest ? oldest.ageSeconds / oldest.targetSeconds : 0,
    openBreakers: open.length,
    blocked: state.refusing !== undefined || state.fenced !== undefined,
    draining: state.draining !== undefined,
  };
  return { figures, slo, fullest, oldest, open, probing: breakersThatAre('half_open') };
}
