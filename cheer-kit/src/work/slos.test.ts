import { createSlos } from './slos';

test('two for each kind of work, and those of your own', () => {
  const own = { name: 'payouts', description: 'Payouts arrive.', objective: 0.9, minBadEvents: 1 };
  const { definitions } = createSlos({
    ...{ availability: 0.99, latency: { objective: 0.9, targetSeconds: 0.5 }, minBadEvents: 3 },
    ...{ kinds: ['http', 'kafka'], more: [own] },
  });
  expect(
    definitions.map(({ name, objective, minBadEvents, targetSeconds }) => [
      name,
      objective,
      minBadEvents,
      targetSeconds,
    ]),
  ).toEqual([
    ['http-availability', 0.99, 3, undefined],
    ['http-latency', 0.9, 3, 0.5],
    ['kafka-availability', 0.99, 3, undefined],
    ['kafka-latency', 0.9, 3, 0.5],
    ['payouts', 0.9, 1, undefined],
  ]);
  expect(definitions[1]?.description).toBe('Requests are answered within 500 ms.');
});

test('no two of one name', () => {
  const own = { name: 'http-latency', description: '', objective: 0.9, minBadEvents: 1 };
  expect(() => createSlos({ more: [own] })).toThrow(/http-latency/);
});
