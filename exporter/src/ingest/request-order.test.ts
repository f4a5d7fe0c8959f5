import fc from 'fast-check';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { SelfcheerError } from '../errors';
import { refusal, type Delivery, type IntakeDraft } from './intake';
import { RequestOrder } from './request-order';

const delivery: Delivery = {
  transport: 'http',
  tenant: 'a',
  traffic: 'real',
  receivedAt: 0,
  startedAt: 0,
};
const draftsOf = (group: number, count = 1): IntakeDraft[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${group}-${i}`, payload: Buffer.from('1') }));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An outbox that refuses some calls, each with an error that comes as late as the real one's. */
function scene(refuses: (call: number) => boolean) {
  const fixture = new IngestFixture();
  const { acceptor } = fixture;
  const append = acceptor.append.bind(acceptor);
  let calls = 0;
  acceptor.append = async (events) => {
    if (!refuses(calls++)) return append(events);
    return (async () => {
      await Promise.resolve();
      throw new SelfcheerError('store_full', `full at ${calls}`, { retriable: true });
    })();
  };
  return { fixture, order: new RequestOrder(fixture.intake), calls: () => calls };
}

it('takes nothing after a refusal, though it was handed over before the refusal was told', async () => {
  const { fixture, order, calls } = scene((call) => call === 1);
  const all = await Promise.all([0, 1, 2, 3].map((group) => order.submit(draftsOf(group, 3), delivery)));
  expect(all.map(({ kind }) => kind)).toEqual(['settled', 'refused', 'refused', 'refused']);
  expect(all[3]).toEqual({ kind: 'refused', refusal: order.refusal });
  expect(order.refusal).toMatchObject({ code: 'store_full', detail: 'full at 2' });
  expect(fixture.acceptor.calls).toEqual([3]);
  expect(calls()).toBe(2);
  expect(fixture.observer.counts).toEqual({ 'http accepted': 3, 'http refused': 9 });
  expect(await order.submit(draftsOf(4), delivery)).toMatchObject({ kind: 'refused' });
});

it('takes nothing after the gate or a quota closed, when they are open again', async () => {
  const { fixture, order } = scene(() => false);
  fixture.gate = refusal('draining', 'closed');
  const first = order.submit(draftsOf(0), delivery);
  fixture.gate = undefined;
  const second = order.submit(draftsOf(1), delivery);
  expect(await Promise.all([first, second])).toMatchObject([
    { refusal: { code: 'draining' } },
    { refusal: { code: 'draining' } },
  ]);
  expect(fixture.acceptor.calls).toEqual([]);
});

it('hands the first over at once, and the next while it is not settled', async () => {
  const { fixture, order } = scene(() => false);
  let open!: () => void;
  fixture.acceptor.hold = new Promise<void>((resolve) => (open = resolve));
  const all = [order.submit(draftsOf(0), delivery)];
  expect(fixture.acceptor.calls).toHaveLength(1);
  all.push(order.submit(draftsOf(1), delivery), order.submit(draftsOf(2), delivery));
  for (let turns = 0; turns < 4; turns++) await turn();
  expect(fixture.acceptor.calls).toHaveLength(3);
  open();
  expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(['settled', 'settled', 'settled']);
});

it('waits for what may be given back when the quota has no room, and no longer', async () => {
  const tenants = { a: { eventsPerSecond: 0.001, burstSeconds: 3_000 } };
  const fixture = new IngestFixture({ tenants });
  const known = draftsOf(0, 2);
  await fixture.intake.submit(known, delivery);
  fixture.passed = 3_000_000;
  let open!: () => void;
  fixture.acceptor.hold = new Promise<void>((resolve) => (open = resolve));
  const order = new RequestOrder(fixture.intake);
  const all = [known, draftsOf(1, 2), draftsOf(2), draftsOf(3)].map((group) => order.submit(group, delivery));
  for (let turns = 0; turns < 8; turns++) await turn();
  expect(fixture.acceptor.calls).toEqual([2, 2]);
  open();
  expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual([
    'settled',
    'settled',
    'settled',
    'refused',
  ]);
  expect(fixture.acceptor.calls).toEqual([2, 2, 2, 1]);
  expect(await order.submit(draftsOf(4), delivery)).toMatchObject({ kind: 'refused' });
});

it('what is taken is always the beginning, in order', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ refused: fc.boolean(), turns: fc.nat(2) }), { maxLength: 8 }),
      async (groups) => {
        const { fixture, order } = scene((call) => groups[call]!.refused);
        const all = [];
        for (const [i, { turns }] of groups.entries()) {
          all.push(order.submit(draftsOf(i), delivery));
          for (let n = 0; n < turns; n++) await turn();
        }
        await Promise.all(all);
        const first = groups.findIndex(({ refused }) => refused);
        const taken = first < 0 ? groups.length : first;
        expect(fixture.acceptor.events.map(({ id }) => id)).toEqual(
          Array.from({ length: taken }, (_, i) => `${i}-0`),
        );
      },
    ),
  ));
