import { type FixtureFrame, type Labels, series } from './frame';

/** What the exporter says in `cheer_state`. */
export type ToldState = 'green' | 'yellow' | 'red' | 'warming' | 'disabled';

export type Condition = 'error_budget' | 'latency' | 'saturation' | 'age' | 'breakers';

export type MissReason = 'latency' | 'downstream' | 'timeout' | 'quarantined' | 'error';

/** A part of a service's story. */
export interface Chapter {
  readonly minutes: number;
  readonly state: ToldState;
  /** 0 to 100; none while it warms up or is disabled. */
  readonly score?: number;
  readonly failing?: readonly Condition[];
  /** Each minute, by reason. */
  readonly misses?: Readonly<Partial<Record<MissReason, number>>>;
  /** At the chapter's end, by SLO; as before when absent. */
  readonly budgets?: Readonly<Partial<Record<Slo, number>>>;
}

export type Slo = 'ingest-availability' | 'ingest-latency' | 'delivery';

export interface Story {
  readonly labels: Labels;
  /** Oldest first. */
  readonly chapters: readonly Chapter[];
  /** Epoch ms of the last point. */
  readonly end: number;
  /** Ms between two points. */
  readonly step: number;
  /** Makes the score breathe; each seed otherwise. */
  readonly seed?: number;
}

const states: readonly ToldState[] = ['warming', 'green', 'yellow', 'red', 'disabled'];
const conditions: readonly Condition[] = ['error_budget', 'latency', 'saturation', 'age', 'breakers'];
const reasons: readonly MissReason[] = ['latency', 'downstream', 'timeout', 'quarantined', 'error'];
const slos: readonly Slo[] = ['ingest-availability', 'ingest-latency', 'delivery'];
const cheersPerMinute = 240;

/** All series that the README's query finds of an exporter which went through this story. */
export function serviceFrames({ labels, chapters, end, step, seed = 1 }: Story): FixtureFrame[] {
  const length = chapters.reduce((sum, { minutes }) => sum + minutes, 0) * 60_000;
  const times: number[] = [];
  const told: Chapter[] = [];
  const progress: number[] = [];
  for (let time = end - length + step; time <= end; time += step) {
    const [chapter, part] = chapterAt(chapters, time - (end - length));
    times.push(time);
    told.push(chapter);
    progress.push(part);
  }
  const one = (metric: string, more: Labels, value: (chapter: Chapter, row: number) => number | null) => {
    const values = told.map(value);
    const known = values.flatMap((_, row) => (values[row] === null ? [] : [row]));
    if (known.length === 0) return [];
    const pick = <T>(all: readonly T[]): T[] => known.flatMap((row) => all.slice(row, row + 1));
    const name = { __name__: metric, ...labels, ...more };
    return [series({ labels: name, times: pick(times), values: pick(values), step })];
  };
  const counter = (perMinute: (chapter: Chapter) => number) => {
    let total = 0;
    return (chapter: Chapter): number => (total += Math.round((perMinute(chapter) * step) / 60_000));
  };
  return [
    ...states.flatMap((state) => one('cheer_state', { state }, (chapter) => Number(chapter.state === state))),
    ...one('cheer_score', {}, ({ score }, row) => (score === undefined ? null : breathe(score, row, seed))),
    ...conditions.flatMap((condition) =>
      one('cheer_condition', { condition }, ({ failing = [] }) => Number(!failing.includes(condition))),
    ),
    ...slos.flatMap((slo) =>
      one('cheer_error_budget_remaining_ratio', { slo }, (chapter, row) =>
        budgetAt(chapters, chapter, progress[row] ?? 0, slo),
      ),
    ),
    ...['real', 'synthetic'].flatMap((traffic) =>
      one(
        'cheer_cheers_total',
        { traffic },
        counter(({ state }) => (traffic === 'synthetic' ? 30 : state === 'red' ? 12 : cheersPerMinute)),
      ),
    ),
    ...reasons.flatMap((reason) =>
      one(
        'cheer_missed_total',
        { reason, traffic: 'real' },
        counter(({ misses }) => misses?.[reason] ?? 0),
      ),
    ),
  ];
}

/** The chapter so many ms after the beginning, and which part of it is over then. */
function chapterAt(chapters: readonly Chapter[], at: number): [Chapter, number] {
  let began = 0;
  for (const chapter of chapters) {
    const length = chapter.minutes * 60_000;
    if (at <= began + length) return [chapter, (at - began) / length];
    began += length;
  }
  throw new RangeError(`nothing is told of ${at} ms after the beginning`);
}

/** Goes in a straight line from the end of the last chapter to the end of this one. */
function budgetAt(chapters: readonly Chapter[], chapter: Chapter, progress: number, slo: Slo): number {
  const told = chapters.slice(0, chapters.indexOf(chapter)).map(({ budgets }) => budgets?.[slo]);
  const from = told.findLast((budget) => budget !== undefined) ?? chapter.budgets?.[slo] ?? 1;
  return from + ((chapter.budgets?.[slo] ?? from) - from) * progress;
}

/** A score that is never quite still, the same each time; a whole number, as the exporter's is. */
function breathe(score: number, row: number, seed: number): number {
  const swing = 1.6 * Math.sin(row / 9 + seed) + 0.9 * Math.sin(row / 2.3 + 3 * seed);
  return Math.min(100, Math.max(0, Math.round(score + swing)));
}
