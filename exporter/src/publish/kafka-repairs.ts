/**
 * Five repairs to kafkajs 2.2.4 and a faster encoder for it. It is pinned exactly because they reach inside it. They
 * leave everything as it was where the inside does not look as expected; tests hold that they still take.
 */
import { hookProduceEncoder, type EncoderClass, type ProduceModule } from './kafka-encoder-hook';
import { askWhoAnswers, refreshMeanwhile, type BrokerPoolClass } from './kafka-metadata';

/** What a broker answered for one partition of a produce request. `errorCode` 0: written. */
export interface PartitionResult {
  readonly topicName: string;
  readonly partition: number;
  readonly errorCode: number;
}

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}
interface ProduceResponse {
  parse: (answer: ProduceAnswer) => Promise<ProduceAnswer>;
}
interface MetadataAnswer {
  readonly topicMetadata: readonly {
    readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[];
  }[];
}
interface MetadataResponse {
  parse: (answer: MetadataAnswer) => Promise<MetadataAnswer>;
}
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}
interface RequestQueueClass {
  prototype: RequestQueue;
}

const results = new WeakMap<object, readonly PartitionResult[]>();
let repaired = false;

/** The answer for each partition of the request behind this error; undefined when no broker answered it. */
export function partitionResultsOf(error: unknown): readonly PartitionResult[] | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const found = results.get(at);
    if (found) return found;
  }
  return undefined;
}

/** Applies the repairs once in this process. */
export function repairKafkajs(): void {
  if (repaired) return;
  repaired = true;
  /* eslint-disable @typescript-eslint/no-require-imports -- inner modules have no type declarations */
  keepPartitionResults(require('kafkajs/src/protocol/requests/produce/v7/response') as ProduceResponse);
  keepTopicsInPart(require('kafkajs/src/protocol/requests/metadata/v6/response') as MetadataResponse);
  restIdleQueues(require('kafkajs/src/network/requestQueue') as RequestQueueClass);
  const brokerPool = require('kafkajs/src/cluster/brokerPool') as BrokerPoolClass;
  askWhoAnswers(brokerPool);
  refreshMeanwhile(brokerPool);
  hookProduceEncoder(
    require('kafkajs/src/protocol/requests/produce') as ProduceModule,
    require('kafkajs/src/protocol/encoder') as EncoderClass,
  );
  /* eslint-enable @typescript-eslint/no-require-imports */
}

/**
 * A produce answer says for every partition whether it was written. kafkajs throws the first error in it and forgets
 * the rest, so that a batch with one refused partition would have to be sent again whole. (Version 7 is what every
 * broker since 2.1 speaks with kafkajs; with an older one the results are merely unknown.)
 */
function keepPartitionResults(response: ProduceResponse): void {
  const parse = response.parse;
  response.parse = async (answer) => {
    try {
      return await parse(answer);
    } catch (error) {
      if (error instanceof Error) {
        const flat = answer.topics.flatMap(({ topicName, partitions }) =>
          partitions.map(({ partition, errorCode }) => ({ topicName, partition, errorCode })),
        );
        results.set(error, flat);
      }
      throw error;
    }
  };
}

/**
 * One partition without a leader, because its broker is down, has kafkajs throw the metadata of the whole topic away: no
 * lane could publish, those for the other brokers neither. Such a partition comes with the leader -1, which no broker is:
 * a send to it fails before anything of it has left, and has the metadata asked for anew. (Version 6 is what every
 * broker since 2.0 speaks with kafkajs; with an older one it stays as it was.)
 */
function keepTopicsInPart(response: MetadataResponse): void {
  const parse = response.parse;
  response.parse = (answer) =>
    parse({
      ...answer,
      topicMetadata: answer.topicMetadata.map((topic) => ({
        ...topic,
        partitionMetadata: topic.partitionMetadata.map((partition) => ({
          ...partition,
          partitionErrorCode: 0,
        })),
      })),
    });
}

/**
 * After its first answer each connection looks for pending requests every millisecond for as long as it lives, with a
 * negative timeout that Node 24 warns about. There is something to look for only while a request is pending.
 */
function restIdleQueues({ prototype }: RequestQueueClass): void {
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this);
  };
}
