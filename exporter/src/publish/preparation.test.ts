import { storedEvent } from '../../test/helpers/stored-event';
import type { Enricher, EnrichOutcome, StoredEvent } from '../event';
import { prepare, type Prepared } from './preparation';

const batch = (count: number): StoredEvent[] =>
  Array.from({ length: count }, (_, i) => storedEvent('1', { seq: i + 1, id: `e${i + 1}` }));
const enrichedAs = (freeze?: string): EnrichOutcome => ({
  ...{ outcome: 'ok', payload: Buffer.from('1'), enriched: Buffer.from('{}') },
  ...(freeze !== undefined && { freeze }),
});
const retry: EnrichOutcome = { outcome: 'retry', step: 'l', detail: 'away' };

function prepared(
  events: readonly StoredEvent[],
  enrich: Enricher['enrich'],
  deadline: AbortSignal = new AbortController().signal,
  waits: (reason: string) => void = () => undefined,
): Promise<Prepared | undefined> {
  const options = { backoffMinMs: 1, backoffMaxMs: 2 };
  const message = ({ lane, seq, id }: StoredEvent) => ({
    ...{ lane, seq, key: id, value: Buffer.alloc(0), headers: {} },
  });
  return prepare(events, { ...options, enricher: { enrich }, message }, deadline, waits);
}

describe('preparing a batch', () => {
  it('tells why it has to ask again', async () => {
    let tries = 0;
    const waits = jest.fn();
    await prepared(batch(1), () => (++tries < 3 ? retry : enrichedAs()), new AbortController().signal, waits);
    expect(waits.mock.calls).toEqual([["step l can't go on: away"], ["step l can't go on: away"]]);
  });

  it('tells what a step has to say while it waits', async () => {
    const waits = jest.fn();
    const enrich = (_event: StoredEvent, tell?: (detail: string) => void): Promise<EnrichOutcome> => {
      tell?.('look-up l: 429');
      return Promise.resolve(enrichedAs());
    };
    await prepared(batch(1), enrich, new AbortController().signal, waits);
    expect(waits.mock.calls).toEqual([['look-up l: 429']]);
  });

  it('runs what answers at once without waiting in between', async () => {
    let turns = 0;
    const counting = setImmediate(() => (turns += 1));
    const { messages } = (await prepared(batch(500), () => enrichedAs()))!;
    clearImmediate(counting);
    expect(messages.map(({ seq }) => seq)).toEqual(batch(500).map(({ seq }) => seq));
    expect(turns).toBe(0);
  });

  it('runs what waits side by side, but only so many, and keeps the order of the events', async () => {
    let underWay = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const enrich = async ({ seq }: StoredEvent): Promise<EnrichOutcome> => {
      most = Math.max(most, ++underWay);
      // Whoever comes last is answered first.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        setImmediate(() => waiting.pop()?.());
      });
      underWay -= 1;
      return enrichedAs(String(seq));
    };
    const { messages, freeze } = (await prepared(batch(300), enrich))!;
    expect(most).toBe(64);
    expect(messages.map(({ key }) => key)).toEqual(batch(300).map(({ id }) => id));
    expect(freeze).toEqual(batch(300).map(({ seq }) => [seq, String(seq)]));
  });

  it('mixes both, and sorts out what is dropped or refused', async () => {
    const enrich = ({ seq }: StoredEvent): EnrichOutcome | Promise<EnrichOutcome> => {
      if (seq % 5 === 1) return Promise.resolve(enrichedAs());
      if (seq % 5 === 2) return enrichedAs();
      if (seq % 5 === 3) return { outcome: 'drop', step: 'd' };
      if (seq % 5 === 4) return Promise.reject(new Error('bug'));
      throw new Error('bug');
    };
    const { messages, refused, dropped } = (await prepared(batch(100), enrich))!;
    expect(messages.map(({ seq }) => seq)).toEqual(
      batch(100).flatMap(({ seq }) => (seq % 5 === 1 || seq % 5 === 2 ? [seq] : [])),
    );
    expect(dropped).toBe(20);
    expect(refused.map(({ seq, verdict }) => [seq % 5, verdict.reason])).toEqual(
      Array.from({ length: 40 }, (_, i) => [i % 2 === 0 ? 4 : 0, 'bug']),
    );
  });

  it('asks again only for those that asked for it, until all are there, and counts the attempts', async () => {
    const asked = new Map<number, number>();
    const enrich = async ({ seq }: StoredEvent): Promise<EnrichOutcome> => {
      const times = (asked.get(seq) ?? 0) + 1;
      asked.set(seq, times);
      if (seq === 2 && times < 4) return retry;
      if (seq === 3 && times < 2) return retry;
      if (seq === 3) return { outcome: 'quarantine', verdict: { reason: 'lookup', step: 'l', detail: 'no' } };
      return enrichedAs();
    };
    const { messages, refused } = (await prepared(batch(4), enrich))!;
    expect(Object.fromEntries(asked)).toEqual({ 1: 1, 2: 4, 3: 2, 4: 1 });
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 4]);
    expect(refused).toMatchObject([{ seq: 3, attempts: 2 }]);
  });

  it.each([
    ['that never ends', () => new Promise<EnrichOutcome>(() => undefined)],
    ['that asks for another try for ever', () => retry],
  ])('gives up a step %s at the deadline', async (_name, enrich) => {
    const deadline = new AbortController();
    const ended = prepared(batch(3), enrich, deadline.signal);
    setImmediate(() => deadline.abort());
    expect(await ended).toBeUndefined();
  });
});
