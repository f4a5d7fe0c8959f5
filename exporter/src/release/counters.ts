import { Scrape } from '../conform/scrape';

export const traffics = ['synthetic', 'real'] as const;
export type Traffic = (typeof traffics)[number];

export interface BatchCounts {
  readonly batches: number;
  readonly cheers: number;
}

export interface SloCounts {
  readonly good: number;
  readonly bad: number;
  /** 0 to 1 */
  readonly objective: number;
  /** So many bad events are none to speak of. */
  readonly minBad: number;
}

/** One scrape of a service, as far as the gates look at it; undefined is what was not there. */
export interface Counters {
  /** Epoch seconds at which the process began. */
  readonly processStart: number | undefined;
  /** Events that its ingest has accepted, over all transports. */
  readonly accepted: number | undefined;
  /** The cheer is switched off. */
  readonly disabled: boolean;
  readonly batches: Readonly<Record<Traffic, BatchCounts | undefined>>;
  /** By name. */
  readonly slos: ReadonlyMap<string, SloCounts>;
  /** Latency targets by SLO, in seconds. */
  readonly latencyTargets: ReadonlyMap<string, number>;
}

const defaultMinBad = 10;

/** Reads the text of `/metrics`. */
export function readCounters(text: string): Counters {
  const scrape = new Scrape(text);
  const one = (name: string, labels?: Readonly<Record<string, string>>): number | undefined => {
    const samples = scrape.of(name, labels);
    const sum = samples.reduce((total, { value }) => total + value, 0);
    return samples.length > 0 && Number.isFinite(sum) ? sum : undefined;
  };
  const batchesOf = (traffic: Traffic): BatchCounts | undefined => {
    const batches = one('cheer_batches_total', { traffic });
    const cheers = one('cheer_cheers_total', { traffic });
    return batches === undefined || cheers === undefined ? undefined : { batches, cheers };
  };
  const slos = new Map<string, SloCounts>();
  for (const { labels, value: objective } of scrape.of('cheer_slo_objective_ratio')) {
    const { slo } = labels;
    if (slo === undefined || !(objective > 0 && objective <= 1)) continue;
    const good = one('cheer_slo_events_total', { slo, result: 'good' });
    const bad = one('cheer_slo_events_total', { slo, result: 'bad' });
    const minBad = one('cheer_slo_min_bad_events', { slo }) ?? defaultMinBad;
    if (good !== undefined && bad !== undefined) slos.set(slo, { good, bad, objective, minBad });
  }
  const latencyTargets = new Map<string, number>();
  for (const { labels, value } of scrape.of('cheer_latency_target_seconds')) {
    if (labels['slo'] !== undefined && value > 0 && Number.isFinite(value)) {
      latencyTargets.set(labels['slo'], value);
    }
  }
  return {
    processStart: one('process_start_time_seconds'),
    accepted: one('ingests_total', { result: 'accepted' }),
    disabled: one('cheer_state', { state: 'disabled' }) === 1,
    batches: { synthetic: batchesOf('synthetic'), real: batchesOf('real') },
    slos,
    latencyTargets,
  };
}

/** True when two scrapes are of one process: only then do their differences mean something. */
export function sameProcess(before: Counters, after: Counters): boolean {
  return before.processStart !== undefined && before.processStart === after.processStart;
}

/** What was counted between two scrapes of one process; undefined when that is not known. */
export function batchesBetween(
  before: Counters | undefined,
  after: Counters | undefined,
  traffic: Traffic,
): BatchCounts | undefined {
  const [from, to] = [before?.batches[traffic], after?.batches[traffic]];
  if (!before || !after || !from || !to || !sameProcess(before, after)) return undefined;
  const counted = { batches: to.batches - from.batches, cheers: to.cheers - from.cheers };
  return counted.batches < 0 || counted.cheers < 0 ? undefined : counted;
}

/** The same of an SLO; the objective is the later one. */
export function slosBetween(
  before: Counters | undefined,
  after: Counters | undefined,
): ReadonlyMap<string, SloCounts> {
  const between = new Map<string, SloCounts>();
  if (!before || !after || !sameProcess(before, after)) return between;
  for (const [name, to] of after.slos) {
    const from = before.slos.get(name);
    if (!from) continue;
    const counted = { ...to, good: to.good - from.good, bad: to.bad - from.bad };
    if (counted.good >= 0 && counted.bad >= 0) between.set(name, counted);
  }
  return between;
}
