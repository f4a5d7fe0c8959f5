import type { ResilienceEvent } from '@selfcheer/cheer-kit';
import { HttpDownstream, json, reset, status } from '../../../test/helpers/http-downstream';
import { storedEvent } from '../../../test/helpers/stored-event';
import { stepSchema } from '../../config/steps';
import { heartbeatType, type EnrichOutcome, type StoredEvent } from '../../event';
import { createEnricher, type EnrichChain } from '../enricher';

const chains: EnrichChain[] = [];
let downstream: HttpDownstream;
let events: ResilienceEvent[];
let now: number;

beforeEach(async () => {
  downstream = await HttpDownstream.start();
  events = [];
  now = 0;
});
afterEach(async () => {
  for (const chain of chains.splice(0)) chain.close();
  await downstream.stop();
});

/** A chain of one look-up; what the tests don't say is as strict as can be. */
function lookup(settings: object = {}): EnrichChain {
  const url = `${downstream.url}/v1/{code}`;
  const step = { step: 'lookup', name: 'geo', url, field: 'geo', attempts: 1, timeoutMs: 20_000 };
  const chain = createEnricher([stepSchema.parse({ ...step, ...settings })], {
    baseDir: '.',
    clock: () => now,
    observe: (event) => events.push(event),
  });
  chains.push(chain);
  return chain;
}

const of = (code: unknown, fields: Partial<StoredEvent> = {}): StoredEvent =>
  storedEvent(JSON.stringify({ code }), fields);

const enriched = (outcome: EnrichOutcome): string =>
  outcome.outcome === 'ok' ? outcome.enriched.toString() : JSON.stringify(outcome);

async function frozenOf(chain: EnrichChain, event: StoredEvent): Promise<string> {
  const outcome = await chain.enrich(event);
  if (outcome.outcome !== 'ok' || outcome.freeze === undefined) throw new Error(JSON.stringify(outcome));
  return outcome.freeze;
}

describe('a look-up', () => {
  it('writes the answer into its field, byte for byte', async () => {
    downstream.answer = (_request, response) => response.end(' {"id":12345678901234567890, "n": 1.0}\n');
    const chain = lookup();
    expect(enriched(await chain.enrich(of('D E')))).toBe('{"geo":{"id":12345678901234567890, "n": 1.0}}');
    expect(downstream.asked).toEqual(['/v1/D%20E']);
    expect(chain.freezes).toBe(true);
  });

  it('keeps the part that `select` names, null where there is none', async () => {
    downstream.answer = json({ items: [{ name: 'Berlin' }] });
    const chain = lookup({ select: 'items.0.name' });
    expect(enriched(await chain.enrich(of('DE')))).toBe('{"geo":"Berlin"}');
    expect(enriched(await lookup({ select: 'items.1' }).enrich(of('DE')))).toBe('{"geo":null}');
  });

  it('sends its headers, and asks for JSON', async () => {
    let seen: Record<string, unknown> = {};
    downstream.answer = (request, response) => {
      seen = request.headers;
      response.end('1');
    };
    await lookup({ headers: { authorization: 'Bearer abc' } }).enrich(of('DE'));
    expect(seen).toMatchObject({
      authorization: 'Bearer abc',
      accept: 'application/json',
      host: `127.0.0.1:${downstream.port}`,
    });
  });

  it.each([
    [404, {}, '{"geo":null}'],
    [404, { notFound: 'quarantine' }, /"reason":"lookup".*404/],
    [422, {}, /"reason":"lookup".*422/],
    [302, {}, /"outcome":"retry".*redirects/],
    [401, {}, /"outcome":"retry".*401/],
    [500, {}, /"outcome":"retry".*500/],
    [503, {}, /"outcome":"retry".*503/],
    [503, { onFailure: 'quarantine' }, /"reason":"lookup".*503/],
    [503, { onFailure: 'skip' }, '{}'],
    [422, { onFailure: 'skip' }, '{}'],
    [503, { onFailure: 'stale' }, /"outcome":"retry"/],
  ])('makes of %i with %j: %s', async (code, settings, expected) => {
    downstream.answer = status(code, { location: 'http://127.0.0.1:1/elsewhere' });
    const outcome = enriched(await lookup(settings).enrich(of('DE')));
    if (typeof expected === 'string') expect(outcome).toBe(expected);
    else expect(outcome).toMatch(expected);
    expect(downstream.asked).toHaveLength(1);
  });

  it('condemns an event whose answer is not JSON or too large, and says why without its values', async () => {
    const chain = lookup({ maxResponseBytes: 1_000 });
    downstream.answer = (_request, response) => response.end('<html>');
    expect(await chain.enrich(of('secret'))).toEqual({
      outcome: 'quarantine',
      verdict: {
        reason: 'lookup',
        step: 'geo',
        detail: `127.0.0.1:${downstream.port}: the answer is not JSON`,
      },
    });
    downstream.answer = (_request, response) => response.end(Buffer.from([0x22, 0xff, 0x22]));
    expect(enriched(await chain.enrich(of('DE')))).toMatch(/is not JSON/);
    downstream.answer = (_request, response) => {
      response.write('"');
      // For ever, if nobody ended it.
      const more = (): void => void (response.destroyed || response.write('x'.repeat(1_000), () => more()));
      more();
    };
    expect(enriched(await chain.enrich(of('DE')))).toMatch(/larger than 1000 bytes/);
    downstream.answer = (_request, response) => response.writeHead(204).end();
    expect(enriched(await chain.enrich(of('DE')))).toMatch(/is not JSON/);
  });

  it('condemns an event whose answer is nested deeper than events may be', async () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}"[[\\"{{"${']'.repeat(depth)}`;
    downstream.answer = (request, response) => response.end(nested(request.url?.endsWith('deep') ? 65 : 64));
    const chain = lookup();
    expect(enriched(await chain.enrich(of('well')))).toBe(`{"geo":${nested(64)}}`);
    expect(enriched(await chain.enrich(of('deep')))).toMatch(/"reason":"lookup".*deeper than 64/);
    downstream.answer = (_request, response) => response.end('['.repeat(20_000) + ']'.repeat(20_000));
    expect(enriched(await lookup({ select: 'b' }).enrich(of('deep')))).toMatch(
      /"quarantine".*deeper than 64/,
    );
    downstream.answer = (_request, response) => response.end(`[${'[],{},'.repeat(1_000)}1]`);
    expect(enriched(await chain.enrich(of('wide')))).toMatch(/^\{"geo":/);
  });

  it('tells all who wait for it what it was answered, and how long it waits', async () => {
    downstream.answer = status(429, { 'retry-after': '100000' });
    const chain = lookup({ attempts: 2 });
    const told = (): { reason: Promise<string>; waits: (detail: string) => void } => {
      let waits!: (detail: string) => void;
      return { reason: new Promise((resolve) => (waits = resolve)), waits };
    };
    const [first, second] = [told(), told()];
    const outcome = chain.enrich(of('DE'), first.waits);
    const expected = `look-up geo (127.0.0.1:${downstream.port}): the downstream answered 429; waits 30 s`;
    expect(await first.reason).toBe(expected);
    // Comes to it later.
    void chain.enrich(of('DE'), second.waits);
    expect(await second.reason).toBe(expected);
    chain.close();
    expect(enriched(await outcome)).toMatch(/"outcome":"retry"/);
    const mute = told();
    downstream.answer = () => undefined;
    const hung = lookup({ attempts: 2, timeoutMs: 20 });
    void hung.enrich(of('FR'), mute.waits);
    expect(await mute.reason).toMatch(/^look-up geo \(.*\): no answer within 20 ms; waits 0\.\d s$/);
  });

  it('waits no longer than its time, and retries what may pass', async () => {
    downstream.answer = () => undefined;
    const chain = lookup({ timeoutMs: 50 });
    expect(enriched(await chain.enrich(of('DE')))).toMatch(/"outcome":"retry".*no answer within 50 ms/);
    const faults = [reset, status(503, { 'retry-after': '0' })];
    downstream.answer = (...exchange) => (faults.shift() ?? json('well'))(...exchange);
    expect(enriched(await lookup({ attempts: 3 }).enrich(of('DE')))).toBe('{"geo":"well"}');
    expect(events.flatMap((event) => (event.type === 'call' ? [event.result] : []))).toEqual([
      'ambiguous',
      'ambiguous',
      'unavailable',
      'success',
    ]);
  });

  it.each([
    [{ onFailure: 'retry' }, /"outcome":"retry".*no answer within 50 ms/],
    [{ onFailure: 'skip' }, '{}'],
    [{ onFailure: 'quarantine' }, /"reason":"lookup".*no answer within 50 ms/],
    [{ onFailure: 'stale' }, '{"geo":"old"}'],
  ])('waits no longer than its deadline for a slot, with %j', async (settings, expected) => {
    const cache = { ttlSeconds: 1 };
    const chain = lookup({ ...settings, cache, deadlineMs: 50, concurrency: { slots: 1 } });
    downstream.answer = json('old');
    await chain.enrich(of('DE'));
    now = 2_000;
    let answer!: () => void;
    const arrived = new Promise<void>((resolve) => {
      downstream.answer = (_request, response) => {
        answer = () => response.end('"new"');
        resolve();
      };
    });
    const first = chain.enrich(of('AT'));
    await arrived;
    const outcome = enriched(await chain.enrich(of('DE')));
    if (typeof expected === 'string') expect(outcome).toBe(expected);
    else expect(outcome).toMatch(expected);
    answer();
    expect(enriched(await first)).toBe('{"geo":"new"}');
  });

  it('opens its breaker when all fails, and then asks no more', async () => {
    downstream.answer = status(503);
    const chain = lookup({ breaker: { minimumCalls: 2, sleepSeconds: 60, maxSleepSeconds: 60 } });
    for (let i = 0; i < 4; i++) {
      expect(enriched(await chain.enrich(of(`c${i}`)))).toMatch(/"outcome":"retry"/);
    }
    expect(downstream.asked).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'breaker')).toEqual([
      { type: 'breaker', downstream: 'geo', state: 'open' },
    ]);
  });

  it('asks once for all who want the same at the same time, and never more than its slots', async () => {
    downstream.answer = (request, response) =>
      void setImmediate(() => response.end(JSON.stringify(request.url)));
    const chain = lookup({ concurrency: { slots: 3 } });
    const codes = Array.from({ length: 60 }, (_, i) => i % 12);
    const outcomes = await Promise.all(codes.map(async (code) => chain.enrich(of(code))));
    expect(outcomes.map(enriched)).toEqual(codes.map((code) => `{"geo":"/v1/${code}"}`));
    expect(downstream.asked).toHaveLength(12);
    expect(downstream.most).toBeLessThanOrEqual(3);
  });

  it('uses an answer again while it is fresh, at once and without a promise', async () => {
    const chain = lookup({ cache: { ttlSeconds: 10 } });
    await chain.enrich(of('DE'));
    now = 9_999;
    expect(chain.enrich(of('DE'))).not.toBeInstanceOf(Promise);
    expect(downstream.asked).toHaveLength(1);
    now = 10_000;
    await chain.enrich(of('DE'));
    expect(downstream.asked).toHaveLength(2);
  });

  it('with `stale` takes an old answer when there is no new one, but not one that is too old', async () => {
    const chain = lookup({ onFailure: 'stale', cache: { ttlSeconds: 10, staleSeconds: 20 } });
    downstream.answer = json('old');
    await chain.enrich(of('DE'));
    downstream.answer = reset;
    now = 29_999;
    expect(enriched(await chain.enrich(of('DE')))).toBe('{"geo":"old"}');
    expect(events.at(-1)).toMatchObject({ type: 'fallback', downstream: 'geo' });
    now = 30_000;
    expect(enriched(await chain.enrich(of('DE')))).toMatch(/"outcome":"retry"/);
  });

  it('forgets what was used least when there are too many answers, or too many bytes', async () => {
    const chain = lookup({ cache: { entries: 2, bytes: 1_000 } });
    downstream.answer = json('x'.repeat(300));
    for (const code of ['a', 'b', 'a', 'c', 'a', 'b']) await chain.enrich(of(code));
    expect(downstream.asked).toEqual(['/v1/a', '/v1/b', '/v1/c', '/v1/b']);
    downstream.answer = json('x'.repeat(2_000));
    await chain.enrich(of('large'));
    await chain.enrich(of('large'));
    expect(downstream.asked).toHaveLength(6);
  });

  it.each([[undefined], [null], [''], ['..'], [{ a: 1 }], [[1]]])(
    'without a usable value (%j) leaves the field out, or quarantines',
    (code) => {
      expect(enriched(lookup().enrich(of(code)) as EnrichOutcome)).toBe('{}');
      expect(lookup({ onMissing: 'quarantine' }).enrich(of(code))).toMatchObject({
        outcome: 'quarantine',
        verdict: { reason: 'lookup', detail: expect.stringMatching(/no usable value.*code/) },
      });
      expect(downstream.asked).toEqual([]);
    },
  );

  it('asks nothing for other types, nor for heartbeats', () => {
    const chain = lookup({ types: ['order'], onMissing: 'quarantine' });
    expect(enriched(chain.enrich(of('DE')) as EnrichOutcome)).toBe('{}');
    const beat = { type: heartbeatType, traffic: 'synthetic' } as const;
    expect(enriched(lookup({ onMissing: 'quarantine' }).enrich(of(1, beat)) as EnrichOutcome)).toBe('{}');
  });

  it('uses what was frozen with the event instead of asking, whatever the downstream says by now', async () => {
    const before = { step: 'set', field: 'first', value: 1 };
    downstream.answer = json('then');
    const frozen = await frozenOf(lookup(), of('DE'));
    downstream.answer = json('now');
    const chain = createEnricher(
      [
        stepSchema.parse(before),
        stepSchema.parse({ step: 'lookup', name: 'geo', url: `${downstream.url}/{code}`, field: 'geo' }),
      ],
      { baseDir: '.' },
    );
    chains.push(chain);
    const outcome = chain.enrich(of('DE', { frozen })) as EnrichOutcome;
    expect(enriched(outcome)).toBe('{"first":1,"geo":"then"}');
    expect(outcome).not.toHaveProperty('freeze');
    expect(downstream.asked).toHaveLength(1);
  });

  it('freezes that it left the field out, too', async () => {
    downstream.answer = status(503);
    const chain = lookup({ onFailure: 'skip' });
    const frozen = await frozenOf(chain, of('DE'));
    downstream.answer = json('back again');
    expect(enriched(await chain.enrich(of('DE', { frozen })))).toBe('{}');
  });

  it('freezes answers from the cache, which the next process does not have', async () => {
    const chain = lookup();
    const first = await frozenOf(chain, of('DE'));
    expect(await frozenOf(chain, of('DE'))).toBe(first);
    expect(downstream.asked).toHaveLength(1);
  });

  it('when closed gives back what it was asked as `retry`, and its connections', async () => {
    const arrived = new Promise<void>((resolve) => (downstream.answer = () => resolve()));
    const chain = lookup({ onFailure: 'quarantine', timeoutMs: 60_000 });
    const outcome = chain.enrich(of('DE'));
    await arrived;
    chain.close();
    expect(await outcome).toMatchObject({ outcome: 'retry', detail: expect.stringMatching(/closed/) });
  });

  it('needs a name of its own', () => {
    const step = { step: 'lookup', url: 'http://h/{a}', name: 'geo' };
    const steps = [stepSchema.parse({ ...step, field: 'a' }), stepSchema.parse({ ...step, field: 'b' })];
    expect(() => createEnricher(steps, { baseDir: '.' })).toThrow(/two enrich steps are named "geo"/);
  });
});
