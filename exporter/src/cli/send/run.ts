import { messageOf, SelfcheerError } from '../../errors';
import type { Io } from '../io';
import { Checkpoint } from './checkpoint';
import { IngestClient } from './client';
import { systemClock, type Clock } from './clock';
import { deliver, type Settlement } from './delivery';
import { Dispatcher } from './dispatcher';
import { createEventMaker, type EventOptions, type MadeEvent, type OutgoingEvent } from './event';
import { Ledger, type Mark } from './ledger';
import { Pacer } from './pacer';
import { Rejects } from './rejects';
import { startReporter } from './reporter';
import type { Row } from './row';
import { openSource, type Format, type Source } from './source';
import type { Summary } from './summary';
import { forEachUntil, onAbort } from './until';

export interface SendOptions extends Omit<EventOptions, 'name'> {
  /** Path, or `-` for standard input. */
  readonly file: string;
  readonly url: string;
  readonly apiKey?: string;
  readonly format?: Format;
  readonly select?: string;
  readonly name?: string;
  /** Most events in one request. */
  readonly batch: number;
  /** Connections. */
  readonly concurrency: number;
  /** Events a second at the most. */
  readonly rate?: number;
  /** How long one batch is tried again. */
  readonly retryForSeconds: number;
  /** File that lets a run that ended early be continued. */
  readonly checkpoint?: string;
  /** File that receives every rejected row. */
  readonly rejects?: string;
  readonly quiet: boolean;
}

export interface SendResult {
  readonly summary: Summary;
  /** Why it ended before the source did: it can't be read on, or the service did not take it. */
  readonly error: Error | undefined;
}

/** After an interruption, requests in flight may still get their answers for so long. */
const graceMs = 2_000;
const checkpointIntervalMs = 1_000;

/**
 * Reads a source and sends it until every row has its answer, something fails for good, or the signal fires.
 * @throws UsageError when it can't begin: options, file, checkpoint, rejects.
 */
export async function send(
  options: SendOptions,
  io: Pick<Io, 'stdin' | 'stderr' | 'signal'>,
  clock: Clock = systemClock,
): Promise<SendResult> {
  return new SendRun(options, io, clock).run();
}

/**
 * The data flows source -> event -> dispatcher -> delivery -> ledger. Each holds a bounded amount, so the source may
 * be larger than memory.
 */
class SendRun {
  readonly #options: SendOptions;
  readonly #signal: AbortSignal;
  readonly #stderr: Io['stderr'];
  readonly #clock: Clock;
  readonly #source: Source;
  readonly #toEvent: (row: Row) => MadeEvent;
  readonly #checkpoint: Checkpoint | undefined;
  #savedAt: number;
  readonly #earlier: Mark | undefined;
  readonly #ledger: Ledger | undefined;
  readonly #rejects: Rejects;
  readonly #client: IngestClient;
  readonly #counts = { sent: 0, accepted: 0, duplicates: 0, skipped: 0 };

  constructor(options: SendOptions, io: Pick<Io, 'stdin' | 'stderr' | 'signal'>, clock: Clock) {
    this.#options = options;
    this.#signal = io.signal;
    this.#stderr = io.stderr;
    this.#clock = clock;
    this.#client = new IngestClient({ ...options, connections: options.concurrency });
    this.#source = openSource({ ...options, stdin: io.stdin });
    this.#toEvent = createEventMaker({ ...options, name: this.#source.name });
    this.#checkpoint = openCheckpoint(options, this.#source.name);
    this.#earlier = this.#checkpoint?.load();
    this.#checkpoint?.checkWritable();
    this.#savedAt = this.#clock.now();
    this.#ledger = this.#checkpoint && new Ledger(this.#earlier);
    this.#rejects = new Rejects(options.rejects, this.#earlier !== undefined);
  }

  async run(): Promise<SendResult> {
    const started = this.#clock.now();
    const reporter = startReporter(
      this.#stderr,
      this.#options.quiet,
      () => ({
        settled: this.#counts.sent,
        rejected: this.#rejects.count,
        bytesRead: this.#source.bytesRead(),
        totalBytes: this.#source.totalBytes,
      }),
      () => this.#clock.now(),
    );
    const cancel = new AbortController();
    const noGrace = onAbort(this.#signal, () => setTimeout(() => cancel.abort(), graceMs).unref());
    const dispatcher = this.#dispatcher(cancel.signal, reporter.note);
    let complete = false;
    let error: Error | undefined;
    try {
      await this.#read(dispatcher);
      complete = !this.#signal.aborted;
    } catch (reason) {
      const interrupted = this.#signal.aborted && !(reason instanceof SelfcheerError);
      if (!interrupted) error = asError(reason);
    }
    await dispatcher.stop();
    noGrace();
    reporter.stop();
    this.#client.close();
    try {
      if (complete) this.#checkpoint?.remove();
      else this.#save();
      await this.#rejects.close();
    } catch (reason) {
      error ??= asError(reason);
    }
    return { summary: this.#summary((this.#clock.now() - started) / 1000, complete), error };
  }

  #dispatcher(cancel: AbortSignal, note: (text: string) => void): Dispatcher {
    const delivery = {
      post: (body: Buffer, signal: AbortSignal) => this.#client.post(body, signal),
      clock: this.#clock,
      random: Math.random,
      retryForMs: this.#options.retryForSeconds * 1000,
      onRetry: (why: string) => note(`${why}; trying again`),
    };
    return new Dispatcher({
      concurrency: this.#options.concurrency,
      batch: this.#options.batch,
      deliver: (batch) => deliver(batch, delivery, { stop: this.#signal, cancel }),
      onSettled: (batch, settlement) => this.#settle(batch, settlement),
    });
  }

  async #read(dispatcher: Dispatcher): Promise<void> {
    const { rate } = this.#options;
    const pacer = rate === undefined ? undefined : new Pacer(rate, this.#clock);
    await forEachUntil(this.#source.rows, this.#signal, async (rows) => {
      for (const row of rows) {
        if (this.#skips(row)) continue;
        const due = pacer?.take(this.#signal);
        if (due !== undefined) await due;
        const room = this.#take(row, dispatcher);
        if (room !== undefined) await room;
        if (this.#signal.aborted) return;
      }
    });
    if (this.#signal.aborted) return;
    if (this.#ledger?.tooShort === true && this.#checkpoint !== undefined) throw this.#checkpoint.changed();
    await dispatcher.finish();
  }

  /** True for a row that has its answer from an earlier run. */
  #skips(row: Row): boolean {
    const state = this.#ledger?.read(row.text) ?? 'open';
    if (state === 'changed' && this.#checkpoint !== undefined) throw this.#checkpoint.changed();
    if (state === 'done') this.#counts.skipped += 1;
    return state === 'done';
  }

  #take(row: Row, dispatcher: Dispatcher): Promise<unknown> | undefined {
    const made = this.#toEvent(row);
    if (made.ok) return dispatcher.add(made.event);
    this.#rejects.add({ ...made.fault, ordinal: row.ordinal, line: row.line, text: row.text });
    this.#ledger?.settled(row.ordinal, true);
    return this.#rejects.pressure();
  }

  #settle(batch: readonly OutgoingEvent[], { accepted, duplicates, rejections }: Settlement): void {
    this.#counts.sent += batch.length;
    this.#counts.accepted += accepted;
    this.#counts.duplicates += duplicates;
    for (const rejection of rejections) this.#rejects.add(rejection);
    if (this.#ledger === undefined) return;
    const refused = new Set(rejections.map(({ ordinal }) => ordinal));
    for (const { ordinal } of batch) this.#ledger.settled(ordinal, refused.has(ordinal));
    if (this.#clock.now() - this.#savedAt < checkpointIntervalMs) return;
    this.#save();
    this.#savedAt = this.#clock.now();
  }

  #save(): void {
    if (this.#ledger !== undefined && this.#ledger.mark.rows > 0) this.#checkpoint?.save(this.#ledger.mark);
  }

  #summary(seconds: number, complete: boolean): Summary {
    const { sent } = this.#counts;
    return {
      ...this.#counts,
      rejected: this.#rejects.count,
      skippedRejected: this.#earlier?.rejected ?? 0,
      seconds: Number(seconds.toFixed(2)),
      eventsPerSecond: seconds === 0 ? 0 : Math.round(sent / seconds),
      complete,
      firstRejected: this.#rejects.first
        .map(({ ordinal, line, code, detail }) => ({ ordinal, line, code, detail }))
        .sort((one, other) => one.ordinal - other.ordinal),
    };
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new SelfcheerError('failed', messageOf(reason));
}

function openCheckpoint(options: SendOptions, name: string): Checkpoint | undefined {
  if (options.checkpoint === undefined) return undefined;
  const { idField, keyField, timeField, source, type, select, url } = options;
  return new Checkpoint(options.checkpoint, {
    name,
    url,
    idField,
    keyField,
    timeField,
    source,
    type,
    select,
  });
}
