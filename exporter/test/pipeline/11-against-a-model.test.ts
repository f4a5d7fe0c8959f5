import fc from 'fast-check';
import { eventually, Service, tidyUp } from '../helpers/service';

/*
 * Chapter 11. Several hundred random requests of good, bad and repeated events, in every JSON form, against a model
 * of twenty lines: each answer is the model's, and so is what the sink holds in the end.
 */

interface Item {
  /** What stands in the request. */
  readonly text: string;
  /** Absent for a bad one. */
  readonly good?: { readonly id: string; readonly payload: string; readonly body: string };
}

const payloads = ['1', '{"a": 1}', '{"a":1}', '"text"', '[null, 1.50]'];
const goodItem = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'ü', '"quoted"'),
    payload: fc.constantFrom(...payloads),
    key: fc.option(fc.constantFrom('k', 'l')),
    timestamp: fc.option(fc.constantFrom('1767225600000', '"2026-01-01T00:00:00Z"')),
  })
  .map(({ id, payload, key, timestamp }) => ({ id, payload, key, timestamp }));
type Good = { id: string; payload: string; key: string | null; timestamp: string | null };

const badTexts = [
  '{"payload":1}',
  '{"event_id":"bad"}',
  '{"event_id":"","payload":1}',
  '{"event_id":"bad","payload":1,"nonsense":2}',
  '{"event_id":"bad","payload":1,"timestamp":"yesterday"}',
  '{"event_id":"bad","payload":1,"payload":2}',
  '{"event_id":"bad","payload":1,"__proto__":{}}',
  '[1]',
  '7',
];

const items = fc.array(
  fc.oneof({ weight: 4, arbitrary: goodItem }, { weight: 1, arbitrary: fc.constantFrom(...badTexts) }),
  { minLength: 1, maxLength: 8 },
);
const requests = fc.array(fc.record({ items, lines: fc.boolean() }), { minLength: 1, maxLength: 20 });

/** What is known of each id, and everything that must come out. */
class Model {
  readonly published: string[] = [];
  private readonly known = new Map<string, { body: string; revision: number }>();

  take({ good }: Item): string {
    if (!good) return 'rejected';
    const { id, payload, body } = good;
    const before = this.known.get(id);
    if (before?.body === body) return `duplicate ${before.revision}`;
    const revision = (before?.revision ?? 0) + 1;
    this.known.set(id, { body, revision });
    this.published.push(`${id} ${revision} ${payload}`);
    return `${before ? 'updated' : 'accepted'} ${revision}`;
  }
}

describe('11 against a model', () => {
  afterEach(tidyUp);

  it('answers and publishes what the model says', async () => {
    const service = await Service.start({ outbox: { lanes: 3 }, publish: { batchEvents: 4 } });
    let run = 0;
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        // Each run has a source, so a world, of its own.
        const source = `/run/${(run += 1)}`;
        const model = new Model();
        for (const { items: some, lines } of all) {
          const request = some.map((one) => itemOf(one, source));
          const texts = request.map(({ text }) => text);
          const reply = lines
            ? await service.send(texts.join('\n'), { headers: { 'content-type': 'application/x-ndjson' } })
            : await service.send(`[${texts.join(', ')}]`);
          sent += 1;
          const expected = request.map((item) => model.take(item));
          const answered = (reply.json.results as readonly { status: string; revision?: number }[]).map(
            ({ status, revision }) => (revision === undefined ? status : `${status} ${revision}`),
          );
          expect(answered).toEqual(expected);
          const rejected = expected.filter((status) => status === 'rejected').length;
          expect(reply.status).toBe(rejected === 0 ? 202 : rejected < expected.length ? 207 : 400);
        }
        const found = (): string[] =>
          service
            .published()
            .filter(({ headers }) => headers['ce_source'] === source)
            .map(({ id, revision, payload }) => `${id} ${revision} ${payload}`);
        await eventually(() => found().length >= model.published.length);
        expect(found().sort()).toEqual([...model.published].sort());
      }),
      { numRuns: 40 },
    );
    // Forty runs of one request at the least.
    expect(sent).toBeGreaterThanOrEqual(40);
    // And nothing came out later that should not be there.
    const before = service.published().length;
    await service.stop();
    expect(service.published()).toHaveLength(before);
  });
});

function itemOf(one: Good | string, source: string): Item {
  if (typeof one === 'string') return { text: one };
  const { id, payload, key, timestamp } = one;
  const members = [
    `"event_id":${JSON.stringify(id)}`,
    `"source":${JSON.stringify(source)}`,
    ...(key === null ? [] : [`"key":"${key}"`]),
    ...(timestamp === null ? [] : [`"timestamp":${timestamp}`]),
    `"payload":${payload}`,
  ];
  // Both ways of writing that moment are the same moment.
  const body = JSON.stringify([payload, key, timestamp === null ? null : Date.UTC(2026, 0, 1)]);
  return { text: `{${members.join(',')}}`, good: { id, payload, body } };
}
