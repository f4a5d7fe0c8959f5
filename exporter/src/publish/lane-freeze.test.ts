import { storedEvent } from '../../test/helpers/stored-event';
import type { StoredEvent } from '../event';
import { Lane } from './lane';
import type { OutgoingMessage } from './publisher';
import type { RelayReport } from './relay-protocol';
import type { Sender } from './sender';

describe('a lane whose events bring something from elsewhere', () => {
  const stopping = new AbortController();
  let deadline: AbortController;
  let reports: RelayReport[];
  let sent: number[][];
  beforeEach(() => {
    deadline = new AbortController();
    reports = [];
    sent = [];
  });

  function laneOf(
    events: readonly StoredEvent[],
    freeze: (event: StoredEvent) => string | Promise<never> | undefined,
  ): Lane {
    const send = (_topic: string, batch: readonly OutgoingMessage[]) => {
      sent.push(batch.map(({ seq }) => seq));
      return Promise.resolve({ kind: 'published' as const });
    };
    return new Lane(0, 'events', 0, {
      reader: { read: () => Promise.resolve({ events, bytes: 1 }) },
      enricher: {
        enrich(event, waits) {
          const text = freeze(event);
          if (text instanceof Promise) {
            waits?.('look-up l: 429');
            return text;
          }
          const made = { outcome: 'ok', payload: event.payload, enriched: Buffer.from('{}') } as const;
          return text === undefined ? made : { ...made, freeze: text };
        },
      },
      sender: { send } as unknown as Sender,
      message: ({ lane, seq, id }, { payload }) => ({ lane, seq, key: id, value: payload, headers: {} }),
      report: (report) => void reports.push(report),
      ...{ batchEvents: 10, batchBytes: 1_000, backoffMinMs: 1, backoffMaxMs: 2 },
    });
  }

  const three = [1, 2, 3].map((seq) => storedEvent('1', { seq }));
  const kinds = (): string[] => reports.map(({ kind }) => kind);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('sends only when that is stored', async () => {
    const lane = laneOf(three, ({ seq }) => (seq === 2 ? undefined : `r${seq}`));
    lane.advance(3);
    const ended = lane.run(stopping.signal, deadline.signal);
    await turn();
    expect(reports.at(-1)).toEqual({
      ...{ kind: 'freeze', lane: 0, through: 3 },
      results: [
        [1, 'r1'],
        [3, 'r3'],
      ],
    });
    // Of another batch: not what it waits for.
    lane.frozen(2);
    await turn();
    expect(sent).toEqual([]);
    lane.frozen(3);
    await turn();
    expect(sent).toEqual([[1, 2, 3]]);
    expect(kinds()).toEqual(['frozen', 'freeze', 'settled']);
    void ended;
  });

  it('leaves the batch in the outbox when the deadline comes first', async () => {
    const lane = laneOf(three, () => 'r');
    lane.advance(3);
    const ended = lane.run(stopping.signal, deadline.signal);
    await turn();
    deadline.abort();
    await ended;
    expect(sent).toEqual([]);
    expect(kinds()).toEqual(['frozen', 'freeze']);
  });

  it('is not enriched when the relay is told to stop: nothing of it is frozen yet', async () => {
    const stop = new AbortController();
    const lane = laneOf(three, () => new Promise<never>(() => undefined));
    lane.advance(3);
    const ended = lane.run(stop.signal, deadline.signal);
    await turn();
    expect(kinds()).toEqual(['frozen', 'waiting']);
    expect(reports.at(-1)).toMatchObject({ lane: 0, detail: 'look-up l: 429' });
    stop.abort();
    await ended;
    expect(deadline.signal.aborted).toBe(false);
    expect(kinds()).toEqual(['frozen', 'waiting']);
  });

  it.each([
    ['what waits stays', () => new Promise<never>(() => undefined), ['frozen', 'waiting']],
    ['what is enriched at once still goes', () => undefined, ['frozen', 'settled']],
  ])('is read when the relay is told to stop: %s', async (_name, freeze, expected) => {
    const stop = new AbortController();
    const lane = laneOf(three, freeze);
    lane.advance(3);
    const ended = lane.run(stop.signal, deadline.signal);
    stop.abort();
    await ended;
    expect(kinds()).toEqual(expected);
  });

  it('asks for nothing when there is nothing to store', async () => {
    const lane = laneOf(three, () => undefined);
    lane.advance(3);
    void lane.run(stopping.signal, deadline.signal);
    await turn();
    expect(kinds()).toEqual(['frozen', 'settled']);
  });
});
