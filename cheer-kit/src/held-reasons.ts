import type { Level } from './conditions';
import type { FigureUnit, Reason } from './verdict';

/** What a finding is judged by. */
export interface Measured {
  readonly figure: number;
  readonly limit: number;
  readonly unit: FigureUnit;
}

/** Something that is wrong now. */
export interface Finding {
  readonly code: Reason['code'];
  readonly severity: 'yellow' | 'red';
  /** One sentence with the figure beside its limit. */
  readonly detail: string;
  /** The same once it is over. */
  readonly past: string;
  /** Absent when it is no matter of a figure. */
  readonly measured?: Measured;
  /** True when nobody knows yet whether it is over: it keeps a reason that is held from ending, and begins none. */
  readonly undecided?: true;
}

interface Held {
  readonly code: Reason['code'];
  readonly severity: Finding['severity'];
  /** Epoch milliseconds. */
  readonly since: number;
  detail: string;
  past: string;
  measured: Measured | undefined;
  /** Monotonic milliseconds at which it was first seen well; undefined while it is wrong. */
  wellSince: number | undefined;
}

/** Most severe first; a reason that explains others stands before them. */
const order: readonly Reason['code'][] = [
  'fenced',
  'refusing',
  'degraded',
  'error_budget',
  'saturation',
  'breakers',
  'age',
  'latency',
  'draining',
];

/**
 * What is wrong, and what was until a short while ago: a finding counts at once and leaves only when it has been
 * well for the whole hold, so that the state can't flap. One that comes back while it is held has never been away.
 */
export class HeldReasons {
  private readonly held = new Map<string, Held>();

  constructor(private readonly holdMs: number) {}

  /** Takes everything that is wrong at this moment. */
  update(findings: readonly Finding[], monotonic: number, epoch: number): void {
    const wrong = new Set<string>();
    for (const finding of findings) {
      // What is red is yellow too: when it is only yellow again, it has been so all the time.
      for (const severity of finding.severity === 'red'
        ? (['red', 'yellow'] as const)
        : (['yellow'] as const)) {
        wrong.add(this.note({ ...finding, severity }, epoch));
      }
    }
    for (const [key, reason] of this.held) {
      if (wrong.has(key)) continue;
      reason.wellSince ??= monotonic;
      if (monotonic - reason.wellSince >= this.holdMs) this.held.delete(key);
    }
  }

  private note({ code, severity, detail, past, measured, undecided }: Finding, epoch: number): string {
    const key = `${code} ${severity}`;
    const known = this.held.get(key);
    if (known) {
      known.detail = detail;
      known.past = past;
      known.measured = measured;
      known.wellSince = undefined;
    } else if (!undecided) {
      this.held.set(key, { code, severity, detail, past, measured, since: epoch, wellSince: undefined });
    }
    return key;
  }

  worst(): Level {
    let worst: Level = 'green';
    for (const { severity } of this.held.values()) {
      if (severity === 'red') return 'red';
      worst = 'yellow';
    }
    return worst;
  }

  /** One for each code, red ones first. */
  list(monotonic: number): Reason[] {
    const reasons: Reason[] = [];
    for (const severity of ['red', 'yellow'] as const) {
      for (const code of order) {
        const reason = this.held.get(`${code} ${severity}`);
        if (!reason || reasons.some((listed) => listed.code === code)) continue;
        const since = Math.min(reason.since, this.held.get(`${code} yellow`)?.since ?? Infinity);
        reasons.push({ code, detail: this.describe(reason, monotonic), ...reason.measured, since });
      }
    }
    return reasons;
  }

  private describe({ detail, past, wellSince }: Held, monotonic: number): string {
    if (wellSince === undefined) return detail;
    const left = Math.ceil((this.holdMs - (monotonic - wellSince)) / 1000);
    return `${past}; well again, held for ${left} s more`;
  }
}
