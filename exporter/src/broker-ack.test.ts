import { BrokerAck } from './broker-ack';
import type { AppendOutcome, Event, QuarantineVerdict } from './event';

const event = (key: string): Event => ({ key, traffic: 'real', identity: Buffer.from(key) }) as Event;
const accepted = (seq: number): AppendOutcome => ({ status: 'accepted', revision: 1, lane: 0, seq });
const duplicate: AppendOutcome = { status: 'duplicate', revision: 1 };
const verdict: QuarantineVerdict = { reason: 'schema', step: 'quake', detail: '/mag' };

/** One real lane with these marks; what `setAside` names is in quarantine. */
function setUp(low: number, high: number, timeoutMs = 10_000) {
  const lane = { low, high };
  const setAside = new Set<string>();
  const ack = new BrokerAck({
    timeoutMs,
    lanes: () => [lane, { low: 1, high: 0 }],
    quarantined: (events) =>
      Promise.resolve(
        events.map(({ identity }) => (setAside.has(identity.toString()) ? verdict : undefined)),
      ),
  });
  const note = (seq: number, refused: number[] = []): void => {
    lane.low = seq + 1;
    ack.note(
      0,
      seq,
      refused.map((each) => ({ seq: each, verdict })),
    );
  };
  return { ack, lane, setAside, note };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const settled = promise.then(
    () => 'done',
    () => 'failed',
  );
  // Some turns: the answer may have steps to take.
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return (await Promise.race([settled, Promise.resolve(pending)])) === pending;
}

const statuses = async (answers: Promise<AppendOutcome[]>): Promise<string[]> =>
  (await answers).map(({ status }) => status);

describe('BrokerAck', () => {
  it('holds the answer until the last event of each lane is settled', async () => {
    const { ack, note } = setUp(5, 6);
    const answer = ack.settled([event('a'), event('b')], [accepted(5), accepted(6)]);
    note(5);
    expect(await isPending(answer)).toBe(true);
    note(6);
    expect(await statuses(answer)).toEqual(['accepted', 'accepted']);
  });

  it('does not wait for what is settled already, nor for a conflict', async () => {
    await setUp(6, 5).ack.settled([event('a')], [accepted(5)]);
    await setUp(1, 9).ack.settled([event('a')], [{ status: 'conflict', revision: 1 }]);
  });

  it('lets a duplicate wait for all that its lane holds', async () => {
    const { ack, note } = setUp(3, 7);
    const answer = ack.settled([event('a')], [duplicate]);
    await isPending(answer);
    note(6);
    expect(await isPending(answer)).toBe(true);
    note(7);
    expect(await statuses(answer)).toEqual(['duplicate']);
  });

  it('does not acknowledge what was set aside, whichever of a request that is', async () => {
    const { ack, note } = setUp(5, 8);
    const mine = ack.settled([event('a'), event('b'), event('c')], [accepted(5), accepted(6), accepted(7)]);
    const other = ack.settled([event('d')], [accepted(8)]);
    note(7, [6]);
    note(8, [8]);
    expect(await statuses(mine)).toEqual(['accepted', 'quarantined', 'accepted']);
    expect(await other).toEqual([{ status: 'quarantined', revision: 1, verdict }]);
  });

  it('does not acknowledge a duplicate whose original is in quarantine, or goes there while it waits', async () => {
    const { ack, note, setAside } = setUp(3, 7);
    setAside.add('before');
    // The first needs no waiting: what it would wait for is known.
    expect(await statuses(ack.settled([event('before')], [duplicate]))).toEqual(['quarantined']);
    const answer = ack.settled([event('meanwhile'), event('fine')], [duplicate, duplicate]);
    await isPending(answer);
    setAside.add('meanwhile');
    note(7, [5]);
    expect(await statuses(answer)).toEqual(['quarantined', 'duplicate']);
  });

  it('takes nothing while the breaker is not closed; what waits goes on waiting', async () => {
    const { ack, note } = setUp(1, 1);
    expect(ack.refusal()).toBeUndefined();
    const waiting = ack.settled([event('a')], [accepted(1)]);
    ack.breaker('open');
    expect(ack.refusal()).toMatchObject({ code: 'unavailable', retriable: true });
    ack.breaker('half_open');
    expect(ack.refusal()).toBeDefined();
    expect(await isPending(waiting)).toBe(true);
    ack.breaker('closed');
    expect(ack.refusal()).toBeUndefined();
    note(1);
    await waiting;
  });

  it('gives up after its time and when the service ends, and says that sending again is safe', async () => {
    await expect(setUp(1, 1, 5).ack.settled([event('a')], [accepted(1)])).rejects.toMatchObject({
      code: 'unavailable',
      retriable: true,
    });
    const { ack } = setUp(1, 1);
    const answer = ack.settled([event('a')], [accepted(1)]);
    ack.giveUp(new Error('ending'));
    await expect(answer).rejects.toThrow('ending');
  });
});
