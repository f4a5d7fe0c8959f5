import type { CheerEngine } from '../cheer-engine';
import type { MissReason, TrafficKind } from '../verdict';
import { availabilitySlo, latencySlo, type Slos, type WorkKind } from './slos';

/** Work that went well. */
export interface WorkDone {
  readonly seconds: number;
  readonly traffic: TrafficKind;
  /** What it was, for the miss that it is when it was late. */
  readonly describe: () => string;
  /** False where its time says nothing, as of a stream; true when absent. */
  readonly timed?: boolean;
  /** Whole number of requests or messages; 1 when absent. */
  readonly count?: number;
}

/**
 * Tells the engine how one kind of work went, piece by piece: a request, a call or a message is what a batch is to a
 * pipeline, and each has exactly one outcome. Synthetic work counts as a cheer or a miss, apart, and nowhere else.
 */
export class WorkRecorder {
  /** Undefined where nothing is promised for this kind of work. */
  private readonly availability: string | undefined;
  private readonly latency: string | undefined;
  private readonly targetSeconds: number;

  constructor(
    private readonly engine: CheerEngine,
    kind: WorkKind,
    slos: Slos,
  ) {
    const promised = slos.kinds.includes(kind);
    this.availability = promised ? availabilitySlo(kind) : undefined;
    this.latency = promised ? latencySlo(kind) : undefined;
    this.targetSeconds = slos.targetSeconds;
  }

  /** True when it took longer than promised. */
  isLate(seconds: number): boolean {
    return seconds > this.targetSeconds;
  }

  /** It went well, `count` pieces at once. */
  succeeded({ seconds, traffic, describe, timed = true, count = 1 }: WorkDone): void {
    const late = timed && this.isLate(seconds);
    if (traffic === 'real') {
      const { engine, availability, latency } = this;
      if (availability !== undefined) engine.recordSlo(availability, count, 0);
      if (timed) {
        if (latency !== undefined) engine.recordSlo(latency, late ? 0 : count, late ? count : 0);
        engine.recordLatency(seconds, count);
      }
    }
    if (late) {
      const detail = `${describe()} took ${seconds.toFixed(2)} s, target ${this.targetSeconds} s`;
      this.engine.batchMissed({ reason: 'latency', traffic, detail });
    } else {
      this.engine.batchSettled({ traffic, durationSeconds: seconds });
    }
  }

  /** It failed for reasons of the service, `count` pieces at once. */
  failed(reason: MissReason, traffic: TrafficKind, detail: string, count = 1): void {
    if (traffic === 'real' && this.availability !== undefined)
      this.engine.recordSlo(this.availability, 0, count);
    this.engine.batchMissed({ reason, traffic, detail });
  }
}
