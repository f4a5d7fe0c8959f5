import { type CheerEvent } from '../types';
import { increaseOf, type Run } from './counters';
import { type Series, sourceOf } from './series';
import { mostEventsOfService } from './newest-events';
import { intervalOf } from './staleness';

/** Ms. Misses that come closer together than this are one trouble. */
const shortestPause = 60_000;

export interface Counted {
  /** Within the panel's time range; undefined without a series that tells it. */
  readonly total: number | undefined;
  readonly counters: readonly Counter[];
}

interface Counter {
  readonly series: Series;
  readonly runs: readonly Run[];
  /** Ms: a longer one parts two runs. */
  readonly pause: number;
}

/** Of all pods, those that have gone too. What the heartbeat adds is no work done. */
export function countOf(series: readonly Series[] = []): Counted {
  const real = series.filter(({ labels }) => labels['traffic'] !== 'synthetic');
  let total: number | undefined;
  const counters = real.map((one): Counter => {
    const pause = pauseOf(one);
    const increase = increaseOf(one, pause);
    if (increase.total !== undefined) {
      total = (total ?? 0) + increase.total;
    }
    return { series: one, runs: increase.runs, pause };
  });
  return { total, counters };
}

/** Half as long again as two intervals: one scrape that failed doesn't part two runs. */
function pauseOf(series: Series): number {
  const interval = series.interval > 0 ? series.interval : intervalOf(series);
  return Math.max(shortestPause, 2.5 * interval);
}

interface Trouble {
  readonly start: number;
  readonly isOpen: boolean;
  readonly source: CheerEvent['source'];
  readonly reasons: Map<string, number>;
  end: number;
  count: number;
}

/** "12 misses: timeout": one event for each time in which they came one after the other, of whatever reason. */
export function missEvents({ counters }: Counted, key: string, service: string): CheerEvent[] {
  const runs = counters.flatMap(({ series, runs, pause }) => runs.map((run) => ({ run, series, pause })));
  runs.sort((a, b) => a.run.start - b.run.start);
  const troubles: Trouble[] = [];
  for (const { run, series, pause } of runs) {
    let trouble = troubles.at(-1);
    if (trouble === undefined || run.start - trouble.end > pause) {
      const source = sourceOf(series, series.last);
      trouble = { start: run.start, isOpen: run.isOpen, source, reasons: new Map(), end: run.end, count: 0 };
      troubles.push(trouble);
    }
    const reason = series.labels['reason'] ?? '';
    trouble.reasons.set(reason, (trouble.reasons.get(reason) ?? 0) + run.count);
    trouble.end = Math.max(trouble.end, run.end);
    trouble.count += run.count;
  }
  const open = troubles[0]?.isOpen ? troubles[0] : undefined;
  return troubles.slice(-mostEventsOfService).map(({ start, end, count, reasons, source }) => ({
    // The begin of an open one moves on with the time range, which must not make it a new event each time.
    id: `miss ${key} ${start === open?.start ? 'open' : start}`,
    time: end,
    kind: 'miss',
    text: missText(count, reasons),
    service,
    source,
  }));
}

/** The first cheers after a pause in which there were misses. */
export function cheerEvents(cheers: Counted, misses: Counted, key: string, service: string): CheerEvent[] {
  const events: CheerEvent[] = [];
  for (const { series, runs } of cheers.counters) {
    for (let index = 1; index < runs.length; index++) {
      const [begin, end] = [runs[index - 1].end, runs[index].start];
      const wasBad = misses.counters.some((other) => other.runs.some((run) => run.end > begin && run.start <= end));
      // Another pod may have gone on, or have been the first to be well again.
      const wasSilent = cheers.counters.every(
        (other) => other.series === series || other.runs.every((run) => run.end <= begin || run.start >= end)
      );
      const id = `cheer ${key} ${end}`;
      if (wasBad && wasSilent && !events.some((event) => event.id === id)) {
        const source = sourceOf(series, series.last);
        events.push({ id, time: end, kind: 'cheer', text: 'Cheers again', service, source });
      }
    }
  }
  return events;
}

/** Named of one event. */
const mostReasons = 3;

function missText(count: number, reasons: ReadonlyMap<string, number>): string {
  const head = `${shown(count)} ${Math.round(count) === 1 ? 'miss' : 'misses'}`;
  const named = [...reasons]
    .filter(([reason]) => reason !== '')
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostReasons);
  if (named.length === 0) {
    return head;
  }
  const list = reasons.size === 1 ? named[0][0] : named.map(([reason, part]) => `${reason} ${shown(part)}`).join(', ');
  return `${head}: ${list}`;
}

const counts = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

function shown(count: number): string {
  const whole = Math.round(count);
  return whole < 1_000 ? String(whole) : counts.format(whole);
}
