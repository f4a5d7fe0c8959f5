import { memberOf } from '../../config/member';
import { messageOf, SelfcheerError } from '../../errors';
import { IngestClient, type Answer } from '../send/client';
import type { Clock } from '../send/clock';
import { badKinds } from './bad-events';

/** One event of the show. */
export interface Item {
  /** `earthquakes`, `flights`, or the name of a bad kind. */
  readonly kind: string;
  readonly line: Buffer;
}

/** How often each answer was given to each kind. */
export type Tally = Map<string, Map<string, number>>;

const tickMs = 100;
const flightsPerEarthquake = 4;
const secondsPerBadEvent = 1.5;

/** Earthquakes among flights, and a bad one now and then, until the records end. */
export function* programme(
  earthquakes: Iterator<string>,
  flights: Iterator<string>,
  perSecond: number,
): Generator<Item> {
  const badEvery = Math.max(2, Math.round(perSecond * secondsPerBadEvent));
  for (let turn = 1, bad = 0; ; turn += 1) {
    if (turn % badEvery === 0) {
      const kind = badKinds[bad % badKinds.length];
      bad += 1;
      if (kind !== undefined) yield { kind: kind.name, line: kind.line(`demo-bad-${bad}`) };
    }
    const kind = turn % (flightsPerEarthquake + 1) === 0 ? 'earthquakes' : 'flights';
    const first = kind === 'earthquakes' ? earthquakes.next() : flights.next();
    const next = first.done === true && kind === 'earthquakes' ? flights.next() : first;
    if (next.done === true) return;
    yield { kind: next === first ? kind : 'flights', line: Buffer.from(next.value) };
  }
}

export interface PlayOptions {
  readonly items: Iterator<Item>;
  readonly perSecond: number;
  readonly client: Pick<IngestClient, 'post'>;
  readonly clock: Clock;
  /** Ends the show. */
  readonly signal: AbortSignal;
  /** Told after each tick. */
  readonly onTick: (tally: Tally) => void;
}

/** Sends the items at a steady rate, ten requests a second, and counts what the service says to each. */
export async function play(options: PlayOptions): Promise<Tally> {
  const { items, perSecond, clock, signal } = options;
  const tally: Tally = new Map();
  const started = clock.now();
  for (let tick = 1, sent = 0; !signal.aborted; tick += 1) {
    const due = Math.round((tick * tickMs * perSecond) / 1000);
    const batch: Item[] = [];
    for (; sent < due; sent += 1) {
      const next = items.next();
      if (next.done === true) break;
      batch.push(next.value);
    }
    if (batch.length > 0) await sendBatch(batch, options, tally);
    options.onTick(tally);
    if (sent < due) break;
    await clock.sleep(Math.max(0, started + tick * tickMs - clock.now()), signal).catch(() => undefined);
  }
  return tally;
}

async function sendBatch(
  batch: readonly Item[],
  { client, clock, signal }: PlayOptions,
  tally: Tally,
): Promise<void> {
  const body = Buffer.concat(batch.flatMap(({ line }) => [line, Buffer.from('\n')]));
  for (;;) {
    const answer = await client.post(body, AbortSignal.timeout(10_000)).catch((error: unknown) => {
      throw new SelfcheerError('demo', `The exporter does not answer: ${messageOf(error)}`, { cause: error });
    });
    if (answer.status === 429 || answer.status === 503) {
      if (signal.aborted) return;
      await clock.sleep(answer.retryAfterMs ?? 1000, signal).catch(() => undefined);
      continue; // what it has taken already it will call a duplicate
    }
    count(batch, answer, tally);
    return;
  }
}

function count(batch: readonly Item[], { status, body }: Answer, tally: Tally): void {
  const results = memberOf(body, 'results');
  if (!Array.isArray(results))
    throw new SelfcheerError('demo', `The exporter answered ${status} and no results.`);
  const codes = new Map<number, string>();
  for (const result of results as unknown[]) {
    const error = memberOf(result, 'error');
    codes.set(Number(memberOf(error, 'line')), String(memberOf(error, 'code')));
  }
  batch.forEach(({ kind }, index) => {
    const answers = tally.get(kind) ?? new Map<string, number>();
    const answer = codes.get(index + 1) ?? 'accepted';
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    tally.set(kind, answers);
  });
}
