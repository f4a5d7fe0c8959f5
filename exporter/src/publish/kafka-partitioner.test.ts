import fc from 'fast-check';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { createPartitioner, murmur2, partitionNote, partitionOf } from './kafka-partitioner';

const metadata = (count: number): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));

test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2(%j) is what the Java client computes', (key, hash) => {
  expect(murmur2(key)).toBe(hash);
});

test('chooses the same partition as the default partitioner of kafkajs for every key', () => {
  const theirs = Partitioners.DefaultPartitioner();
  const ours = createPartitioner();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1000 }), (key, count) => {
      const args = { topic: 't', partitionMetadata: metadata(count), message: { key, value: '' } };
      expect(ours(args)).toBe(theirs(args));
      expect(partitionOf(key, count)).toBe(theirs(args));
    }),
  );
});

test('tells the note how many partitions there were', () => {
  const note: { partitions?: number } = {};
  const message = { key: 'k', value: '', [partitionNote]: note };
  createPartitioner()({ topic: 't', partitionMetadata: metadata(6), message });
  expect(note.partitions).toBe(6);
});
