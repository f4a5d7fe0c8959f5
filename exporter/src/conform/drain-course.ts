import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors';
import { spanOf } from './checks-traces';
import { begin, hold, type Answer, type Pending } from './http-call';
import { newTrace } from './request-plan';
import type { Exit, StartedService, Subject } from './subject';

/** What was seen of a service between SIGTERM and its end. */
export interface DrainCourse {
  /** Seconds from SIGTERM on; undefined when it was never seen. */
  readonly notReadyAfter: number | undefined;
  /** What the probes answered that they should not. */
  readonly livenessLost: string | undefined;
  /** Requests that were sent before SIGTERM. */
  readonly sent: number;
  /** How many of them could only end after it. */
  readonly long: number;
  /** What became of those without a good answer. */
  readonly lost: readonly string[];
  /** Of sampled requests that were answered. */
  readonly answeredTraces: readonly string[];
  /** Those of them whose server span never came. */
  readonly lostSpans: readonly string[];
  /** Undefined when it had not ended in time. */
  readonly exit: Exit | undefined;
  readonly seconds: number;
}

const burst = 8;
const pollMs = 10;
/** A request that is held back ends so long after readiness turned, and at the latest so long after SIGTERM. */
const holdAfterTurnMs = 300;
const holdMs = 2_000;

/**
 * Sends requests, then SIGTERM, and watches the service leave. At the end it has exited or is left to its keeper.
 *
 * @param slow URL of a route that takes its time, if one is known: such a request runs when SIGTERM comes
 */
export async function watchDrain(
  subject: Subject,
  { service, traces }: NonNullable<Subject['own']>,
  slow: string | undefined,
): Promise<DrainCourse> {
  const { plan, admin, limits, signal } = subject;
  const long: { readonly pending: Pending; release(): void }[] = [];
  if (plan.hasBody) {
    const { url, what } = plan.make();
    const held = hold(url, { ...what, body: what.body ?? '' }, signal, limits.drainMs);
    long.push({ pending: held, release: () => held.release() });
  }
  if (slow !== undefined) long.push({ pending: begin(slow, {}, signal), release: () => undefined });
  const sampled = Array.from({ length: burst }, () => {
    const { traceId, headers } = newTrace();
    const { url, what } = plan.make(headers);
    return { traceId, pending: begin(url, what, signal) };
  });
  const settled = new Set<Pending>();
  for (const { pending } of long) {
    const note = (): void => void settled.add(pending);
    pending.answer.then(note, note);
  }
  const all = [...long, ...sampled].map(({ pending }) => pending);
  await Promise.all(all.map(({ sent }) => sent));
  // Two rounds of its event loop: by then it has begun what had been sent.
  await admin.probe('/healthz').catch(() => undefined);
  await admin.probe('/healthz').catch(() => undefined);

  const running = long.length - settled.size;
  service.terminate();
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  const ended = endOf(service, limits.drainMs, signal);
  let over = false;
  void ended.then(() => (over = true));
  let notReadyAfter: number | undefined;
  let livenessLost: string | undefined;
  let released = false;
  while (!over) {
    const [ready, live] = await Promise.all([
      status(admin.probe('/readyz')),
      status(admin.probe('/healthz')),
    ]);
    if (ready === 503) notReadyAfter ??= since();
    if (live !== undefined && live !== 200) livenessLost ??= `/healthz ${live} after ${since().toFixed(2)} s`;
    const turned = notReadyAfter === undefined ? Infinity : notReadyAfter + holdAfterTurnMs / 1000;
    if (!released && since() > Math.min(turned, holdMs / 1000)) {
      released = true;
      for (const one of long) one.release();
    }
    await sleep(pollMs, undefined, { signal });
  }
  const exit = await ended;
  const seconds = since();
  const answers = await Promise.all(all.map(({ answer }) => outcome(answer)));
  const answered = sampled.filter((_, index) => answers[long.length + index] === undefined);
  return {
    notReadyAfter,
    livenessLost,
    sent: all.length,
    long: running,
    lost: answers.filter((lost) => lost !== undefined),
    answeredTraces: answered.map(({ traceId }) => traceId),
    lostSpans: answered.map(({ traceId }) => traceId).filter((traceId) => !spanOf(traces, traceId)),
    exit,
    seconds,
  };
}

/** Its exit; undefined when it has not come in time. */
export async function endOf(
  service: StartedService,
  withinMs: number,
  signal: AbortSignal,
): Promise<Exit | undefined> {
  const stop = new AbortController();
  const late = sleep(withinMs, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).catch(
    () => undefined,
  );
  try {
    return await Promise.race([service.exited, late]);
  } finally {
    stop.abort();
  }
}

async function status(answer: Promise<Answer>): Promise<number | undefined> {
  try {
    return (await answer).status;
  } catch {
    return undefined;
  }
}

/** Undefined when it was answered well, or told when to come back. */
async function outcome(answer: Promise<Answer>): Promise<string | undefined> {
  try {
    const { status, headers } = await answer;
    if (status < 500 || (status === 503 && headers['retry-after'] !== undefined)) return undefined;
    return `status ${status}`;
  } catch (error) {
    return messageOf(error);
  }
}
