import {
  syntheticStatuses,
  type AppendOutcome,
  type Event,
  type SyntheticEvent,
  type SyntheticRun,
  type SyntheticStatus,
} from '../event';

/** One settled relay batch, as far as it concerns single events. */
export interface SettledSynthetic {
  readonly through: number;
  readonly refused: readonly { readonly seq: number }[];
  readonly droppedSeqs: readonly number[];
}

export interface SyntheticRunsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** 64 when absent; the oldest is forgotten first. */
  readonly maxRuns?: number;
  /** Events of one run that are followed, by their number; 10,000 when absent. */
  readonly maxEvents?: number;
}

const eventId = /^([A-Za-z0-9._-]{1,64})\/([1-9]\d{0,8})$/;
const smallest = 64;

/** By the number of the event, less one. */
interface Columns {
  /** 0: not seen; else one more than the index in `syntheticStatuses`. */
  readonly statuses: Uint8Array;
  readonly seqs: Float64Array;
  readonly acceptedAt: Float64Array;
  readonly settledAt: Float64Array;
}

interface Run {
  readonly name: string;
  columns: Columns;
  untracked: number;
}

/**
 * Follows synthetic events with ids such as `run-7/12` from the store to the sink, one by one, for who checks a release:
 *
 *   accepted -> published | quarantined | dropped
 *
 * In memory only, at most 33 bytes an event: a restart forgets the runs, and what is asked of one that is not known is
 * not answered. An event stays what it became first: a replay from quarantine changes nothing here.
 */
export class SyntheticRuns {
  private readonly runs = new Map<string, Run>();
  /** What is on its way, by its number in the synthetic lane, growing. */
  private readonly open = new Map<number, { readonly run: Run; readonly index: number }>();

  constructor(private readonly options: SyntheticRunsOptions) {}

  /**
   * Events were stored. Call it in the same turn in which the outcomes came: then nothing of them can be settled unseen.
   * A duplicate of what is followed changes nothing; of what is not (accepted before a restart) nothing is known.
   */
  appended(events: readonly Event[], outcomes: readonly AppendOutcome[]): void {
    // The events of one request have one kind of traffic, and nearly always it is the real one.
    if (events[0]?.traffic !== 'synthetic') return;
    const at = this.options.now();
    events.forEach(({ id }, i) => {
      const outcome = outcomes[i];
      const [, name, number] = eventId.exec(id) ?? [];
      if (name === undefined || number === undefined || !outcome || !('seq' in outcome)) return;
      this.accept(this.runOf(name), Number(number) - 1, outcome.seq, at);
    });
  }

  /** The synthetic lane is settled through that record. */
  settled({ through, refused, droppedSeqs }: SettledSynthetic): void {
    if (this.open.size === 0) return;
    const at = this.options.now();
    for (const { seq } of refused) this.settle(seq, 'quarantined', at);
    for (const seq of droppedSeqs) this.settle(seq, 'dropped', at);
    for (const seq of this.open.keys()) {
      if (seq > through) break;
      this.settle(seq, 'published', at);
    }
  }

  /** Undefined when nothing of it was seen, or it is forgotten. */
  get(name: string): SyntheticRun | undefined {
    const run = this.runs.get(name);
    if (!run) return undefined;
    const { statuses, acceptedAt, settledAt } = run.columns;
    const events: SyntheticEvent[] = [];
    statuses.forEach((code, index) => {
      const status = syntheticStatuses[code - 1];
      if (!status) return;
      events.push({
        ...{ id: `${name}/${index + 1}`, status, acceptedAt: acceptedAt[index]! },
        ...(status !== 'accepted' && { settledAt: settledAt[index]! }),
      });
    });
    return { run: name, events, untracked: run.untracked };
  }

  private accept(run: Run, index: number, seq: number, at: number): void {
    if (index >= (this.options.maxEvents ?? 10_000)) {
      run.untracked += 1;
      return;
    }
    if (index >= run.columns.statuses.length) run.columns = grown(run.columns, index);
    const { statuses, seqs, acceptedAt } = run.columns;
    // Its body was changed: what counts is the revision that came last.
    if (statuses[index] !== 0) this.open.delete(seqs[index]!);
    statuses[index] = 1;
    seqs[index] = seq;
    acceptedAt[index] = at;
    this.open.set(seq, { run, index });
  }

  private settle(seq: number, status: SyntheticStatus, at: number): void {
    const one = this.open.get(seq);
    if (!one) return;
    this.open.delete(seq);
    const { statuses, settledAt } = one.run.columns;
    statuses[one.index] = 1 + syntheticStatuses.indexOf(status);
    settledAt[one.index] = at;
  }

  private runOf(name: string): Run {
    let run = this.runs.get(name);
    if (!run) {
      run = { name, columns: newColumns(smallest), untracked: 0 };
      this.runs.set(name, run);
      const [oldest] = this.runs.values();
      if (this.runs.size > (this.options.maxRuns ?? 64)) this.forget(oldest!);
    }
    return run;
  }

  private forget({ name, columns }: Run): void {
    this.runs.delete(name);
    columns.statuses.forEach((code, index) => {
      if (code === 1) this.open.delete(columns.seqs[index]!);
    });
  }
}

function newColumns(size: number): Columns {
  return {
    statuses: new Uint8Array(size),
    seqs: new Float64Array(size),
    acceptedAt: new Float64Array(size),
    settledAt: new Float64Array(size),
  };
}

function grown(old: Columns, index: number): Columns {
  const columns = newColumns(2 ** Math.ceil(Math.log2(index + 1)));
  for (const name of ['statuses', 'seqs', 'acceptedAt', 'settledAt'] as const) columns[name].set(old[name]);
  return columns;
}
