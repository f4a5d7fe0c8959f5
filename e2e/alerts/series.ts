/** Series by what selects them, with their values as promtool writes them. */
export type Series = Readonly<Record<string, string>>;

/** A value, or what it grows by, for so many steps. */
export type Phase = readonly [value: number, steps: number];

/** Twelve digits, so that 0.1 + 0.2 is written 0.3. */
const short = (value: number): number => Number(value.toPrecision(12));

/** A gauge that holds each value for its steps. In full: promtool takes the short form of a zero, 0x9, for a hexadecimal 9. */
export function gauge(...phases: readonly Phase[]): string {
  return phases
    .filter(([, steps]) => steps > 0)
    .map(([value, steps]) => `${short(value)}+0x${steps - 1}`)
    .join(' ');
}

/**
 * A counter, or a gauge that moves, that begins at `from` and changes by so much with each step, the first one included.
 * Counters take fractions of two only (0.125): others don't add up to the last digit, and to be less by that is a reset.
 */
export function steps(from: number, ...phases: readonly Phase[]): string {
  let value = from;
  const parts = phases
    .filter(([, count]) => count > 0)
    .map(([by, count]) => {
      const first = value + by;
      value += by * count;
      return `${short(first)}${by < 0 ? '-' : '+'}${short(Math.abs(by))}x${count - 1}`;
    });
  return parts.join(' ');
}

/** When the fault of a case begins and ends, in steps; from both the values before, during and after it are made. */
export class Timeline {
  constructor(
    readonly begins: number,
    readonly ends: number,
    readonly length: number,
  ) {}

  private phases(well: number, faulty: number): Phase[] {
    return [
      [well, this.begins],
      [faulty, this.ends - this.begins],
      [well, this.length - this.ends],
    ];
  }

  /** A gauge. */
  level(well: number, faulty: number): string {
    return gauge(...this.phases(well, faulty));
  }

  /** A gauge that never changes. */
  always(value: number): string {
    return gauge([value, this.length]);
  }

  /** A counter's growth with each step. */
  counter(well: number, faulty: number): string {
    return steps(0, ...this.phases(well, faulty));
  }

  /** A gauge that is not there during the fault. */
  gone(value: number): string {
    return `${gauge([value, this.begins])} stale _x${this.ends - this.begins - 1} ${gauge([value, this.length - this.ends])}`;
  }
}
