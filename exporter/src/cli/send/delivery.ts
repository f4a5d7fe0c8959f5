import { memberOf, textOf } from '../../config/member';
import { messageOf, SelfcheerError } from '../../errors';
import type { Answer } from './client';
import type { Clock } from './clock';
import type { OutgoingEvent } from './event';
import type { Rejection } from './row';

/** What became of a batch. Counts and rejections add up to its length. */
export interface Settlement {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejections: readonly Rejection[];
}

export interface DeliveryOptions {
  readonly post: (body: Buffer, signal: AbortSignal) => Promise<Answer>;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long one batch is tried again before sending is given up. */
  readonly retryForMs: number;
  /** Told before each wait. */
  readonly onRetry: (why: string) => void;
}

const firstBackoffMs = 100;
const maxBackoffMs = 10_000;
const retriable: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

type Reading =
  | { readonly kind: 'settled'; readonly settlement: Settlement }
  /** Too large as one request: send it in two halves. */
  | { readonly kind: 'split' }
  | { readonly kind: 'retry'; readonly why: string; readonly retryAfterMs: number }
  | { readonly kind: 'fatal'; readonly error: SelfcheerError };

/**
 * Sends a batch until each of its events has an answer. Sending again is safe: what the service has already taken
 * it answers as a duplicate.
 *
 * @param stop No further attempt starts after it fires; `cancel` also ends the request in flight.
 * @throws SelfcheerError `gave_up` when the service does not take it in time, `refused` when it never will.
 */
export async function deliver(
  batch: readonly OutgoingEvent[],
  options: DeliveryOptions,
  signals: { readonly stop: AbortSignal; readonly cancel: AbortSignal },
): Promise<Settlement> {
  const { clock, random, retryForMs } = options;
  const body = Buffer.from(`${batch.map((event) => event.body).join('\n')}\n`);
  let ceiling = firstBackoffMs;
  let firstFailure: number | undefined;
  for (;;) {
    const reading = await attempt(batch, body, options, signals.cancel);
    if (reading.kind === 'settled') return reading.settlement;
    if (reading.kind === 'fatal') throw reading.error;
    if (reading.kind === 'split') return inHalves(batch, options, signals);
    firstFailure ??= clock.now();
    // Full jitter, on top of what the service asks for: its clients must not all come back at the same moment.
    const waitMs = reading.retryAfterMs + random() * ceiling;
    ceiling = Math.min(ceiling * 2, maxBackoffMs);
    if (clock.now() - firstFailure + waitMs > retryForMs) {
      const text = `Gave up after ${Math.round(retryForMs / 1000)} s (--retry-for): ${reading.why}.`;
      throw new SelfcheerError('gave_up', text, { retriable: true });
    }
    options.onRetry(reading.why);
    await clock.sleep(waitMs, signals.stop);
  }
}

async function inHalves(
  batch: readonly OutgoingEvent[],
  options: DeliveryOptions,
  signals: { readonly stop: AbortSignal; readonly cancel: AbortSignal },
): Promise<Settlement> {
  const middle = Math.ceil(batch.length / 2);
  const first = await deliver(batch.slice(0, middle), options, signals);
  const second = await deliver(batch.slice(middle), options, signals);
  return {
    accepted: first.accepted + second.accepted,
    duplicates: first.duplicates + second.duplicates,
    rejections: [...first.rejections, ...second.rejections],
  };
}

async function attempt(
  batch: readonly OutgoingEvent[],
  body: Buffer,
  { post }: DeliveryOptions,
  cancel: AbortSignal,
): Promise<Reading> {
  try {
    return readAnswer(batch, await post(body, cancel));
  } catch (error) {
    if (cancel.aborted) throw error;
    if (/^HPE_/.test(codeOf(error))) {
      const text =
        'What answers at --url does not speak HTTP/1.1. Is it the gRPC port? Give the address of HTTP ingest.';
      return { kind: 'fatal', error: new SelfcheerError('refused', text, { cause: error }) };
    }
    return { kind: 'retry', why: connectionProblem(error), retryAfterMs: 0 };
  }
}

function connectionProblem(error: unknown): string {
  const message = messageOf(error);
  // Node gives an empty message when every address of a name failed.
  return message === '' ? codeOf(error) || 'no connection' : message;
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

function readAnswer(batch: readonly OutgoingEvent[], { status, body, retryAfterMs }: Answer): Reading {
  const problem = textOf(body, 'detail') ?? textOf(body, 'title') ?? '';
  const why = `the service answered ${status}${problem === '' ? '' : `: ${problem.replace(/\.$/, '')}`}`;
  if (retriable.has(status)) return { kind: 'retry', why, retryAfterMs: retryAfterMs ?? 0 };
  const settlement = readCounts(batch, body);
  if (settlement !== undefined) return { kind: 'settled', settlement };
  if (status === 413) {
    if (batch.length > 1) return { kind: 'split' };
    const rejections = batch.map((event) => rejection(event, textOf(body, 'code') ?? 'too_large', problem));
    return { kind: 'settled', settlement: { accepted: 0, duplicates: 0, rejections } };
  }
  const hint =
    status === 401 || status === 403
      ? ' Give a key with the role producer: --api-key, or SELFCHEER_API_KEY.'
      : status === 404 || status === 405 || (status >= 200 && status < 300)
        ? ' Is --url the address of HTTP ingest?'
        : '';
  const text = `${why.charAt(0).toUpperCase()}${why.slice(1)}.${hint}`;
  return { kind: 'fatal', error: new SelfcheerError('refused', text) };
}

/** The counts of an answer that covers every event of the batch; `undefined` for any other. */
function readCounts(batch: readonly OutgoingEvent[], body: unknown): Settlement | undefined {
  const [accepted, duplicates, rejected] = ['accepted', 'duplicates', 'rejected'].map((name) =>
    memberOf(body, name),
  );
  const results = memberOf(body, 'results');
  if (typeof accepted !== 'number' || typeof duplicates !== 'number' || !Array.isArray(results))
    return undefined;
  if (accepted + duplicates + Number(rejected) !== batch.length) return undefined;
  const rejections = results.flatMap((result: unknown) => {
    if (memberOf(result, 'status') !== 'rejected') return [];
    const error = memberOf(result, 'error');
    const event = batch[Number(memberOf(error, 'line')) - 1];
    if (event === undefined) return [];
    return [rejection(event, textOf(error, 'code') ?? 'rejected', textOf(error, 'detail') ?? '')];
  });
  return rejections.length === rejected ? { accepted, duplicates, rejections } : undefined;
}

function rejection(event: OutgoingEvent, code: string, detail: string): Rejection {
  return { ordinal: event.ordinal, line: event.line, text: event.body, code, detail };
}
