import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt, Deliveries } from './evidence';
import { limits } from './gates/limits';
import { acceptedOf } from './gates/sums';
import type { Service } from './service';

export interface SendingPlan {
  readonly run: string;
  /** Number of the first event. */
  readonly from: number;
  /** To each side. */
  readonly events: number;
  readonly target: Service;
  readonly baseline: Service | undefined;
  /** From one pair of events to the next, when they are answered faster. */
  readonly paceMs: number;
  /** After so long no more are sent. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
  readonly onPair?: (done: number) => void;
}

export interface Sent {
  readonly target: readonly Attempt[];
  readonly baseline: readonly Attempt[];
}

/**
 * Sends events one at a time, to both sides in turn and each time the other one first, so that whatever the machine does
 * meanwhile meets both alike. Ends early when many were refused by the target.
 */
export async function sendInTurn(plan: SendingPlan): Promise<Sent> {
  const { run, from, events, target, baseline, paceMs, withinMs, signal } = plan;
  const sent = { target: [] as Attempt[], baseline: [] as Attempt[] };
  const begun = performance.now();
  let number = from;
  let refused = 0;
  for (let pair = 0; pair < events; pair += 1) {
    const turn = ['target', ...(baseline ? ['baseline'] : [])] as (keyof Sent)[];
    for (const side of pair % 2 === 0 ? turn : turn.reverse()) {
      const attempt = await (side === 'baseline' ? (baseline as Service) : target).send(`${run}/${number}`);
      number += 1;
      sent[side].push(attempt);
      if (side === 'target' && attempt.outcome !== 'accepted') refused += 1;
    }
    plan.onPair?.(pair + 1);
    const elapsed = performance.now() - begun;
    if (refused >= limits.manyRefused || elapsed >= withinMs) break;
    const early = begun + (pair + 1) * paceMs - performance.now();
    if (early > 0 && pair + 1 < events) await delay(early, undefined, { signal });
  }
  return sent;
}

const pollMs = 250;

/**
 * Asks until every acknowledged event is settled. Gives up when none more has been for `idleMs`, and in any case after
 * `withinMs`.
 */
export async function awaitSettled(
  service: Service,
  run: string,
  attempts: readonly Attempt[],
  { idleMs, withinMs, signal }: { idleMs: number; withinMs: number; signal: AbortSignal },
): Promise<Deliveries> {
  const begun = performance.now();
  const ids = acceptedOf(attempts).map(({ id }) => id);
  let most = 0;
  let progressAt = begun;
  let last: Deliveries;
  for (;;) {
    const deliveries = await service.deliveries(run);
    last = deliveries ?? last;
    const settled = ids.filter((id) => isSettled(last, id)).length;
    if (settled === ids.length) return last;
    const now = performance.now();
    if (settled > most) [most, progressAt] = [settled, now];
    if (now - progressAt >= idleMs || now - begun >= withinMs) return last;
    await delay(pollMs, undefined, { signal });
  }
}

function isSettled(deliveries: Deliveries, id: string): boolean {
  const status = deliveries?.get(id)?.status;
  return status !== undefined && status !== 'accepted';
}
