import { BrokerAck } from './broker-ack';
import type { AppendOutcome, Event } from './event';

const event = (key: string): Event => ({ key, traffic: 'real' }) as Event;
const accepted = (seq: number): AppendOutcome => ({ status: 'accepted', revision: 1, lane: 0, seq });
const lanes = (low: number, high: number): { low: number; high: number }[] => [
  { low, high },
  { low: 1, high: 0 },
];

async function isPending(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol('pending');
  const first = await Promise.race([
    promise.then(
      () => 'done',
      () => 'failed',
    ),
    Promise.resolve(pending),
  ]);
  return first === pending;
}

describe('BrokerAck', () => {
  it('holds the answer until the last event of each lane is settled', async () => {
    const ack = new BrokerAck();
    const answer = ack.settled([event('a'), event('b')], [accepted(5), accepted(6)], lanes(5, 6), 10_000);
    ack.note(0, 5);
    expect(await isPending(answer)).toBe(true);
    ack.note(0, 6);
    await expect(answer).resolves.toBeUndefined();
  });

  it('does not wait for what is settled already, nor for a conflict', async () => {
    const ack = new BrokerAck();
    await ack.settled([event('a')], [accepted(5)], lanes(6, 5), 10_000);
    await ack.settled([event('a')], [{ status: 'conflict', revision: 1 }], lanes(1, 9), 10_000);
  });

  it('lets a duplicate wait for all that its lane holds', async () => {
    const ack = new BrokerAck();
    const answer = ack.settled([event('a')], [{ status: 'duplicate', revision: 1 }], lanes(3, 7), 10_000);
    ack.note(0, 6);
    expect(await isPending(answer)).toBe(true);
    ack.note(0, 7);
    await answer;
  });

  it('gives up after its time and when the service ends, and says that sending again is safe', async () => {
    const ack = new BrokerAck();
    await expect(ack.settled([event('a')], [accepted(1)], lanes(1, 1), 5)).rejects.toMatchObject({
      code: 'unavailable',
      retriable: true,
    });
    const answer = ack.settled([event('a')], [accepted(1)], lanes(1, 1), 10_000);
    ack.giveUp(new Error('ending'));
    await expect(answer).rejects.toThrow('ending');
  });
});
