import { retryAfter, type Answer } from './client';
import { deliver, type DeliveryOptions, type Settlement } from './delivery';
import type { OutgoingEvent } from './event';

const batch: readonly OutgoingEvent[] = [1, 2, 3, 4].map((ordinal) => ({
  ordinal,
  line: ordinal * 10,
  key: `k${ordinal}`,
  body: `{"event_id":"e${ordinal}","payload":${ordinal}}`,
}));

const taken = (accepted: number): Answer =>
  answer(202, { accepted, duplicates: 0, rejected: 0, results: [] });

function answer(status: number, body: unknown, retryAfterMs?: number): Answer {
  return { status, body, retryAfterMs };
}

/** Answers by turns; waits take no time but are counted. */
class Scene {
  readonly bodies: string[] = [];
  readonly waits: number[] = [];
  readonly notes: string[] = [];
  now = 0;
  readonly stop = new AbortController();

  constructor(readonly turns: readonly (Answer | Error | ((body: string) => Answer))[]) {}

  run(options: Partial<DeliveryOptions> = {}, events = batch): Promise<Settlement> {
    return deliver(
      events,
      {
        post: (body) => {
          const turn = this.turns[
            Math.min(this.bodies.push(body.toString()), this.turns.length) - 1
          ] as Answer;
          if (turn instanceof Error) return Promise.reject(turn);
          return Promise.resolve(
            typeof turn === 'function' ? (turn as (body: string) => Answer)(body.toString()) : turn,
          );
        },
        clock: {
          now: () => this.now,
          sleep: (ms, signal) => {
            signal.throwIfAborted();
            this.waits.push(ms);
            this.now += ms;
            return Promise.resolve();
          },
        },
        random: () => 0.5,
        retryForMs: 60_000,
        onRetry: (why) => this.notes.push(why),
        ...options,
      },
      { stop: this.stop.signal, cancel: new AbortController().signal },
    );
  }
}

test('one event a line', async () => {
  const scene = new Scene([taken(4)]);
  expect(await scene.run()).toEqual({ accepted: 4, duplicates: 0, rejections: [] });
  expect(scene.bodies).toEqual([`${batch.map(({ body }) => body).join('\n')}\n`]);
});

test('each rejected event is named by its place in the source', async () => {
  const results = [
    { event_id: 'e2', status: 'rejected', error: { code: 'invalid_source', detail: 'bad', line: 2 } },
  ];
  const scene = new Scene([answer(207, { accepted: 2, duplicates: 1, rejected: 1, results })]);
  expect(await scene.run()).toEqual({
    accepted: 2,
    duplicates: 1,
    rejections: [{ ordinal: 2, line: 20, code: 'invalid_source', detail: 'bad', text: batch[1]?.body }],
  });
});

describe('is tried again', () => {
  test.each([
    ['503', answer(503, { detail: 'The service is shutting down.' })],
    ['429', answer(429, {})],
    ['408', answer(408, {})],
    ['502 of a proxy', answer(502, undefined)],
    ['a reset', new Error('socket hang up')],
    ['503 after part of the batch', answer(503, { accepted: 2, duplicates: 0, rejected: 0, results: [] })],
  ])('%s', async (_, turn) => {
    const scene = new Scene([turn, taken(4)]);
    expect((await scene.run()).accepted).toBe(4);
    expect(scene.bodies[1]).toBe(scene.bodies[0]);
  });

  test('with growing waits, full jitter and a ceiling', async () => {
    const failures = Array.from({ length: 9 }, () => answer(503, {}));
    const scene = new Scene([...failures, taken(4)]);
    await scene.run();
    expect(scene.waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    const jitter = new Scene([answer(503, {}), taken(4)]);
    await jitter.run({ random: () => 0 });
    expect(jitter.waits).toEqual([0]);
  });

  test('not before Retry-After', async () => {
    const scene = new Scene([answer(503, {}, 2000), taken(4)]);
    await scene.run();
    expect(scene.waits).toEqual([2050]);
  });

  test('until its time is over, and says what was wrong', async () => {
    const scene = new Scene([answer(503, { detail: 'The store has no room left.' })]);
    await expect(scene.run({ retryForMs: 5000 })).rejects.toThrow(
      'Gave up after 5 s (--retry-for): the service answered 503: The store has no room left.',
    );
    expect(scene.now).toBeLessThanOrEqual(5000);
    expect(scene.bodies.length).toBeGreaterThan(4);
  });

  test('not after it was told to stop', async () => {
    const scene = new Scene([answer(503, {})]);
    scene.stop.abort();
    await expect(scene.run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(scene.bodies).toHaveLength(1);
  });
});

test('a batch that is too large goes in parts, in order; one event that is too large is rejected', async () => {
  const scene = new Scene([
    (body) => {
      const lines = body.trim().split('\n');
      const tooLarge = lines.length > 1 || lines[0]?.includes('"e3"') === true;
      return tooLarge ? answer(413, { code: 'body_too_large', detail: 'Too large.' }) : taken(1);
    },
  ]);
  const settlement = await scene.run();
  expect(settlement.accepted).toBe(3);
  expect(settlement.rejections).toMatchObject([{ ordinal: 3, line: 30, code: 'body_too_large' }]);
});

test.each([
  [answer(401, { detail: 'No usable credentials.' }), /answered 401: No usable credentials\. Give a key/],
  [answer(404, {}), /answered 404\. Is --url the address/],
  [answer(200, undefined), /answered 200\. Is --url the address/],
  [answer(202, { accepted: 1, duplicates: 0, rejected: 0, results: [] }), /answered 202/],
  [answer(400, { detail: 'Not HTTP.' }), /answered 400: Not HTTP/],
])('%j ends it', async (turn, message) => {
  const scene = new Scene([turn]);
  await expect(scene.run()).rejects.toThrow(message);
  expect(scene.bodies).toHaveLength(1);
});

test.each([
  ['5', 5000],
  ['Thu, 01 Jan 1970 00:00:20 GMT', 10_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s', (header, ms) => expect(retryAfter(header, 10_000)).toBe(ms));
