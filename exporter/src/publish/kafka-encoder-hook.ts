import { encodeProduceRequest, type ProduceInput, type ProducePartition } from './produce-encoder';

interface ProduceArguments extends ProduceInput {
  readonly compression?: number | undefined;
  readonly transactionalId?: string | undefined;
  readonly producerId?: unknown;
  readonly producerEpoch?: number | undefined;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly (ProducePartition & { readonly firstSequence?: number | undefined })[];
  }[];
}
interface ProduceCall {
  request: { encode: () => Promise<unknown> };
}
/** kafkajs/src/protocol/requests/produce: where a broker's connection looks the request up for each send. */
export interface ProduceModule {
  protocol: (options: { version: number }) => ((args: ProduceArguments) => ProduceCall) | undefined;
}
/** kafkajs/src/protocol/encoder, of which a request's body has to be one. */
export type EncoderClass = new (size: number) => { buf: Buffer; offset: number };

/** What every broker since Kafka 2.1 speaks with kafkajs, and the version that the encoder writes. */
const produceVersion = 7;

/**
 * Lets kafkajs send what our own encoder makes of a produce request. Anything but version 7, uncompressed, from a
 * producer that is neither idempotent nor transactional, stays with kafkajs.
 */
export function hookProduceEncoder(produce: ProduceModule, Encoder: EncoderClass): void {
  const lookUp = produce.protocol;
  if (typeof lookUp !== 'function' || !holdsBuffer(Encoder)) return;
  const bodyOf = (args: ProduceArguments): object => {
    const body = new Encoder(1);
    body.buf = encodeProduceRequest(args, Date.now());
    body.offset = body.buf.length;
    return body;
  };
  produce.protocol = (options) => {
    const create = lookUp(options);
    if (options.version !== produceVersion || typeof create !== 'function') return create;
    return (args) => {
      const call = create(args);
      if (isPlain(args) && typeof call.request?.encode === 'function') {
        // The messages are first looked at when kafkajs writes the request: kafka-publisher.ts counts on it.
        call.request.encode = () => new Promise((resolve) => resolve(bodyOf(args)));
      }
      return call;
    };
  };
}

function isPlain({
  compression,
  transactionalId,
  producerId,
  producerEpoch,
  topicData,
}: ProduceArguments): boolean {
  return (
    !compression &&
    transactionalId === undefined &&
    (producerId === undefined || producerId === -1) &&
    !producerEpoch &&
    topicData.every(({ partitions }) => partitions.every(({ firstSequence }) => !firstSequence))
  );
}

function holdsBuffer(Encoder: EncoderClass): boolean {
  const empty = new Encoder(1);
  return Buffer.isBuffer(empty.buf) && empty.offset === 0;
}
