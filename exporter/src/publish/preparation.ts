import { traceIdOf } from '@selfcheer/cheer-kit';
import { messageOf } from '../errors';
import type { Enricher, EnrichOutcome, StepRunner, StoredEvent } from '../event';
import { backoff, pause, within, type BackoffOptions } from './backoff';
import type { OutgoingMessage } from './publisher';
import type { RefusedEvent } from './relay-protocol';

export type Enriched = Extract<EnrichOutcome, { outcome: 'ok' }>;

export interface PreparationOptions extends BackoffOptions {
  readonly enricher: Enricher;
  readonly message: (event: StoredEvent, enriched: Enriched) => OutgoingMessage;
}

/** A batch as it will be sent. */
export interface Prepared {
  readonly messages: OutgoingMessage[];
  readonly refused: RefusedEvent[];
  readonly dropped: number;
  /** Which of them were synthetic: whoever checks a release asks for each. */
  readonly droppedSeqs: readonly number[];
  /** What must be stored before the first send, as `[seq, text]` in order. */
  readonly freeze: (readonly [number, string])[];
}

/** Events of one batch that may wait for a downstream at the same time. */
const together = 64;

/**
 * Enriches a batch. Events whose steps ask elsewhere are enriched side by side, and those that ask for it again after a
 * backoff; the messages keep the order of the events. Undefined when `stopping` was aborted first: nothing of the batch
 * is frozen yet, so that the next run may as well enrich it. `waits` is told why it takes longer, `steps` runs the steps
 * of a batch that is traced.
 */
export async function prepare(
  events: readonly StoredEvent[],
  options: PreparationOptions,
  stopping: AbortSignal,
  waits: (reason: string) => void,
  steps?: StepRunner,
): Promise<Prepared | undefined> {
  const outcomes = new Array<EnrichOutcome | undefined>(events.length);
  const attempts: number[] = [];
  let open = [...events.keys()];
  for (let attempt = 1; open.length > 0; attempt++) {
    if (attempt > 1 && !(await pause(backoff(options, attempt - 1), stopping))) return undefined;
    const enrichOne = (event: StoredEvent) => enrich(options.enricher, event, waits, steps);
    const enriching = enrichAll(events, open, outcomes, enrichOne);
    // Most chains answer at once, and then nothing is waited for.
    if (
      enriching &&
      (await within(
        enriching.then(() => true),
        stopping,
      )) === undefined
    )
      return undefined;
    for (const index of open) attempts[index] = attempt;
    open = open.filter((index) => outcomes[index]?.outcome === 'retry');
    const again = outcomes[open[0] ?? -1];
    if (again?.outcome === 'retry') waits(`step ${again.step} can't go on: ${again.detail}`);
  }
  return collect(events, outcomes as EnrichOutcome[], attempts, options.message);
}

/** Undefined when everything was answered at once: a promise for each event would be felt. */
function enrichAll(
  events: readonly StoredEvent[],
  indexes: readonly number[],
  outcomes: (EnrichOutcome | undefined)[],
  enrichOne: (event: StoredEvent) => EnrichOutcome | Promise<EnrichOutcome>,
): Promise<unknown> | undefined {
  let next = 0;
  /** Goes on up to the first event that has to be waited for. */
  const goOn = (): Promise<void> | undefined => {
    while (next < indexes.length) {
      const index = indexes[next++] as number;
      const result = enrichOne(events[index] as StoredEvent);
      if (result instanceof Promise) {
        return result.then((outcome) => {
          outcomes[index] = outcome;
          return goOn();
        });
      }
      outcomes[index] = result;
    }
    return undefined;
  };
  const first = goOn();
  if (!first) return undefined;
  const all = [first];
  while (all.length < together) {
    const another = goOn();
    if (!another) break;
    all.push(another);
  }
  return Promise.all(all);
}

/** A throw is a bug in a step: it condemns that one event, not its batch. */
function enrich(
  enricher: Enricher,
  event: StoredEvent,
  waits: (reason: string) => void,
  steps: StepRunner | undefined,
): EnrichOutcome | Promise<EnrichOutcome> {
  const bug = (error: unknown): EnrichOutcome => ({
    outcome: 'quarantine',
    verdict: { reason: 'bug', step: 'enrich', detail: messageOf(error) },
  });
  try {
    const outcome = enricher.enrich(event, waits, steps);
    return outcome instanceof Promise ? outcome.catch(bug) : outcome;
  } catch (error) {
    return bug(error);
  }
}

function collect(
  events: readonly StoredEvent[],
  outcomes: readonly EnrichOutcome[],
  attempts: readonly number[],
  message: PreparationOptions['message'],
): Prepared {
  const prepared = {
    messages: [] as OutgoingMessage[],
    refused: [] as RefusedEvent[],
    dropped: 0,
    droppedSeqs: [] as number[],
    freeze: [] as (readonly [number, string])[],
  };
  events.forEach((event, index) => {
    const outcome = outcomes[index] as EnrichOutcome;
    if (outcome.outcome === 'ok') {
      prepared.messages.push(message(event, outcome));
      if (outcome.freeze !== undefined) prepared.freeze.push([event.seq, outcome.freeze]);
    } else if (outcome.outcome === 'quarantine') {
      const { verdict } = outcome;
      const { seq, id: eventId, trace } = event;
      const traced = trace && { traceId: traceIdOf(trace) };
      prepared.refused.push({ seq, eventId, ...traced, verdict, attempts: attempts[index] ?? 1 });
    } else {
      prepared.dropped += 1;
      if (event.traffic === 'synthetic') prepared.droppedSeqs.push(event.seq);
    }
  });
  return prepared;
}
