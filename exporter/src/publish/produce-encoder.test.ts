import fc from 'fast-check';
import { encodeProduceRequest, type ProduceInput, type ProduceMessage } from './produce-encoder';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- an inner module without type declarations
const kafkajsRequest = require('kafkajs/src/protocol/requests/produce/v7/request') as (
  input: ProduceInput,
) => {
  encode(): Promise<{ buffer: Buffer }>;
};

const now = 1_795_000_000_000;

/** kafkajs itself is the reference; only its clock is stopped. */
async function kafkajsBytes(input: ProduceInput): Promise<string> {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
  try {
    return (await kafkajsRequest(input).encode()).buffer.toString('hex');
  } finally {
    clock.mockRestore();
  }
}

const ours = (input: ProduceInput): string => encodeProduceRequest(input, now).toString('hex');

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // UTF-16 code units, lone surrogates among them.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const textOrBytes = fc.oneof(text, bytes);
const timestamp = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(String);
const message: fc.Arbitrary<ProduceMessage> = fc.record(
  {
    key: fc.option(textOrBytes),
    value: fc.option(textOrBytes),
    headers: fc.dictionary(text, fc.oneof(textOrBytes, fc.array(textOrBytes, { maxLength: 3 })), {
      maxKeys: 10,
    }),
    timestamp,
  },
  { requiredKeys: [] },
);
/** As the publisher sends them: no message has a time of its own. */
const untimed = message.map(({ timestamp: _, ...rest }) => rest);
const input: fc.Arbitrary<ProduceInput> = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  topicData: fc.array(
    fc.record({
      topic: text,
      partitions: fc.array(
        fc.record({
          partition: fc.nat(),
          messages: fc
            .array(fc.boolean(), { maxLength: 1 })
            .chain(([timed]) => fc.array(timed ? message : untimed, { maxLength: 8 })),
        }),
        { maxLength: 4 },
      ),
    }),
    { maxLength: 3 },
  ),
});

test('makes the bytes that kafkajs makes, whatever the messages, partitions and topics', async () => {
  await fc.assert(
    fc.asyncProperty(input, async (one) => {
      expect(ours(one)).toBe(await kafkajsBytes(one));
    }),
    { numRuns: 500 },
  );
});

function request(messages: readonly ProduceMessage[]): ProduceInput {
  return { acks: -1, timeout: 1_000, topicData: [{ topic: 't', partitions: [{ partition: 3, messages }] }] };
}

test.each([
  // Where a varint of a length or an index takes one byte more.
  [63, 64],
  [8_191, 8_192],
  [1_048_575, 1_048_576],
])('lengths of %i and %i bytes', async (...lengths) => {
  const messages = lengths.flatMap((length) => [
    { key: 'k'.repeat(length), value: Buffer.alloc(length, 7) },
    {
      key: 'k',
      value: 'ä'.repeat(length >> 1),
      headers: { h: 'v'.repeat(length), [`${'n'.repeat(length)}`]: '' },
    },
  ]);
  expect(ours(request(messages))).toBe(await kafkajsBytes(request(messages)));
});

test('a batch of 10,000 messages', async () => {
  const messages = Array.from({ length: 10_000 }, (_, i) => ({
    key: `key-${i}`,
    value: `${i}`,
    headers: { i: `${i}` },
  }));
  expect(ours(request(messages))).toBe(await kafkajsBytes(request(messages)));
});

test('times far apart, and beside messages without a time', async () => {
  const timed = [
    { value: 'a', timestamp: '1000000000000' },
    { value: 'b' },
    { value: 'c', timestamp: '4102444800000' },
    { value: 'd', timestamp: '1000000000001' },
  ];
  expect(ours(request(timed))).toBe(await kafkajsBytes(request(timed)));
});

test('reads the headers of a message exactly once', () => {
  let reads = 0;
  const messages = ['a', 'b'].map((value) => ({
    value,
    get headers() {
      reads += 1;
      return { a: 'b' };
    },
  }));
  ours(request(messages));
  expect(reads).toBe(2);
});

test.each([
  { value: 5 },
  { key: new Uint8Array(2) },
  { headers: { a: null } },
  { headers: { a: [undefined] } },
])('throws for what it can not encode: %j', (bad) => {
  expect(() => ours(request([bad as unknown as ProduceMessage]))).toThrow(TypeError);
});
