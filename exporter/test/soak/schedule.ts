import { randomFrom } from '../helpers/random';

/** What the soak does to the service, each for how many seconds: at least, at most. */
export const faultSeconds = {
  /** kill -9, down for that long, started again. */
  kill: [0, 3],
  /** SIGTERM, drained, down for that long, started again. */
  sigterm: [0, 3],
  /** The broker is killed or stopped and started again. */
  broker: [3, 15],
  /** The broker is there but answers nobody (SIGSTOP). */
  pause: [2, 12],
  /** Everything from and to the broker comes late. */
  slow: [5, 15],
  /** Present connections to the broker go silent for ever. */
  'half-open': [2, 4],
  /** Connections to the broker are reset, again and again. */
  cut: [2, 6],
  /** The broker's answers are lost, then the connections break. */
  lost: [3, 8],
  /** No sync of the disk succeeds (EIO, by strace). */
  disk: [2, 5],
  /** Clients that send a byte a second and never end. */
  client: [5, 15],
  /** Five times the load. */
  burst: [5, 10],
} as const satisfies Readonly<Record<string, readonly [least: number, most: number]>>;

export type FaultKind = keyof typeof faultSeconds;
export const faultKinds = Object.keys(faultSeconds) as FaultKind[];

/** These begin a new process, whose memory says nothing of the one before. */
const restarting: ReadonlySet<FaultKind> = new Set(['kill', 'sigterm']);
/** Share of the run after which the process lives to the end, so that a slow leak has time to show. */
const restartsUntil = 0.4;

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Seconds from the start of the load. */
  readonly at: number;
  readonly seconds: number;
}

export interface ScheduleOptions {
  readonly kinds: readonly FaultKind[];
  readonly seed: number;
  /** Length of the load. */
  readonly seconds: number;
}

/** Seconds at the beginning and at the end of a run without any fault. */
export function calmSeconds(seconds: number): { readonly before: number; readonly after: number } {
  return { before: clamp(0.1 * seconds, 5, 120), after: clamp(0.15 * seconds, 15, 180) };
}

/** Seconds from one fault to the next: half of it at least, one and a half times at most. */
export function gapSeconds(seconds: number): number {
  return clamp(seconds / 60, 5, 45);
}

/**
 * Faults one after the other, the same ones for the same options. Every kind comes as often as the others, in an order
 * drawn anew each round; those that restart the process come only in the first 40 % of the run.
 */
export function planFaults({ kinds, seed, seconds }: ScheduleOptions): PlannedFault[] {
  const random = randomFrom(seed);
  const between = (least: number, most: number): number => least + (most - least) * random();
  const { before, after } = calmSeconds(seconds);
  const gap = gapSeconds(seconds);
  const plan: PlannedFault[] = [];
  let bag: FaultKind[] = [];
  for (let at = before; ;) {
    bag = bag.filter((kind) => at < restartsUntil * seconds || !restarting.has(kind));
    if (bag.length === 0) {
      bag = kinds.filter((kind) => at < restartsUntil * seconds || !restarting.has(kind));
      if (bag.length === 0) return plan;
    }
    const [kind] = bag.splice(Math.floor(random() * bag.length), 1) as [FaultKind];
    const [least, most] = faultSeconds[kind];
    const length = round(between(least, most));
    if (at + length > seconds - after) return plan;
    plan.push({ kind, at: round(at), seconds: length });
    at += length + gap * between(0.5, 1.5);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
