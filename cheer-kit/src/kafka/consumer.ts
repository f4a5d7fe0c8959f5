import { context, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { systemClock, type Clock } from '../clock';
import type { Logger } from '../logger';
import type { MessageMetrics } from '../metrics/message-metrics';
import { runInRequest } from '../request-context';
import { asError } from '../resilience/errors';
import type { WorkRecorder } from '../work/work-recorder';
import { identityOf, MemoryDedupe, type DedupeStore } from './dedupe';
import { endMessageSpan, MessageWork, type ConsumedMessage, type MessagePlace } from './work-context';

/** As kafkajs hands it to `eachMessage`. */
export interface MessagePayload {
  readonly topic: string;
  readonly partition: number;
  readonly message: ConsumedMessage;
}

/** As kafkajs hands it to `eachBatch`. */
export interface BatchPayload {
  readonly batch: {
    readonly topic: string;
    readonly partition: number;
    readonly messages: readonly ConsumedMessage[];
  };
  /** Says that the message with this offset, and all before it, are done. */
  resolveOffset(offset: string): void;
  /** False once the consumer is stopping. */
  isRunning(): boolean;
  /** True once the partition was moved or sought elsewhere: then leave the rest. */
  isStale(): boolean;
}

type MessageOf<Payload extends BatchPayload> = Payload['batch']['messages'][number];

/** For `service.kafkaConsumer`. */
export interface KafkaConsumerOptions {
  /** The consumer group, for spans. */
  readonly group?: string;
  /** Remembers what was processed; a `MemoryDedupe` when absent, `false` for none. */
  readonly dedupe?: DedupeStore | false;
  /** As `eachBatchAutoResolve` of `consumer.run` (true when absent). False: what the handler does not resolve comes again. */
  readonly autoResolve?: boolean;
}

/**
 * Wraps the handlers of a Kafka consumer (kafkajs, or one whose payloads look the same). What a handler does continues the
 * trace of its message; a message that was processed already, by `ce_source`, `ce_id` and `ce_revision`, does not reach
 * it. What it rejects with is passed on as it came, after it was counted: the client then delivers the message again.
 */
export interface KafkaConsumer {
  /** For `consumer.run({ eachMessage })`. */
  eachMessage<Payload extends MessagePayload>(
    handler: (payload: Payload) => Promise<void>,
  ): (payload: Payload) => Promise<void>;
  /**
   * For `consumer.run({ eachBatch })`: `fresh` are the batch's messages without duplicates, and the handler is not called
   * when there are none. When it returns, those up to the last offset that it has resolved count as processed. If it has
   * resolved none, all of them do, unless the consumer is stopping by then, the batch is stale, or `autoResolve` is false.
   * Duplicates after the last one that it resolved, or in a batch of nothing else, are resolved for it.
   */
  eachBatch<Payload extends BatchPayload>(
    handler: (payload: Payload, fresh: readonly MessageOf<Payload>[]) => Promise<void>,
  ): (payload: Payload) => Promise<void>;
}

export interface KafkaConsumerParts {
  readonly metrics: MessageMetrics;
  readonly work: WorkRecorder;
  readonly logger: Logger;
  readonly tracer: Tracer;
  /** Whether spans go anywhere: asked for each message. */
  readonly tracing: () => boolean;
  readonly clock?: Clock;
}

export function createKafkaConsumer(
  parts: KafkaConsumerParts,
  options: KafkaConsumerOptions = {},
): KafkaConsumer {
  const { metrics, work, logger, tracer, tracing, clock = systemClock } = parts;
  const { group, dedupe = new MemoryDedupe(), autoResolve = true } = options;

  const isProcessed = async ({ headers }: ConsumedMessage): Promise<boolean> => {
    const identity = identityOf(headers);
    return identity !== undefined && dedupe !== false && (await dedupe.has(identity));
  };
  const remember = async ({ headers }: ConsumedMessage): Promise<void> => {
    const identity = identityOf(headers);
    if (identity !== undefined && dedupe !== false) await dedupe.add(identity);
  };

  const failed = (
    place: MessagePlace,
    messages: readonly ConsumedMessage[],
    unit: MessageWork,
    error: Error,
  ): void => {
    const { topic, partition } = place;
    metrics.consumed(topic, 'failed', messages.length);
    work.failed('error', unit.traffic, `${topic}: ${error.message}`, unit.count);
    const at = { topic, partition, offset: messages[0]?.offset, messages: messages.length };
    logger.warn({ ...at, err: error }, 'message failed');
  };

  /** Those that were not processed yet; a duplicate may stand in the same batch. */
  const freshOf = async (
    place: MessagePlace,
    messages: readonly ConsumedMessage[],
  ): Promise<readonly ConsumedMessage[]> => {
    if (dedupe === false) return messages;
    const fresh = new Map<string, ConsumedMessage>();
    try {
      for (const message of messages) {
        const name = identityOf(message.headers) ?? `offset ${message.offset}`;
        if (!fresh.has(name) && !(await isProcessed(message))) fresh.set(name, message);
      }
    } catch (thrown) {
      const unit = new MessageWork(place, messages);
      runInRequest(unit, () => failed(place, messages, unit, asError(thrown)));
      throw thrown;
    }
    const duplicates = messages.length - fresh.size;
    if (duplicates > 0) metrics.consumed(place.topic, 'duplicate', duplicates);
    return [...fresh.values()];
  };

  /** Runs the handler, and what comes after it, as one piece of work with one outcome. */
  const process = async (
    place: MessagePlace,
    messages: readonly ConsumedMessage[],
    batch: boolean,
    run: () => Promise<void>,
  ): Promise<void> => {
    const { topic } = place;
    const startedAt = clock.monotonic();
    const unit = new MessageWork(place, messages);
    const { span, active }: { span?: Span; active?: Context } = tracing()
      ? unit.startSpan(tracer, batch)
      : {};
    const inside = <T>(what: () => T): T =>
      active ? context.with(active, () => runInRequest(unit, what)) : runInRequest(unit, what);
    let error: Error | undefined;
    try {
      await inside(run);
    } catch (thrown) {
      error = asError(thrown);
      throw thrown;
    } finally {
      const seconds = (clock.monotonic() - startedAt) / 1000;
      metrics.took(topic, seconds, unit.sampled ? unit.traceId : undefined);
      if (error) {
        const cause = error;
        inside(() => failed(place, messages, unit, cause));
      } else {
        metrics.consumed(topic, 'processed', messages.length);
        const { traffic, count } = unit;
        work.succeeded({ seconds, traffic, describe: () => `a message of ${topic}`, count });
      }
      if (span) endMessageSpan(span, error);
    }
  };

  return {
    eachMessage: (handler) => async (payload) => {
      const { topic, partition, message } = payload;
      const place = { topic, partition, group };
      if ((await freshOf(place, [message])).length === 0) return;
      await process(place, [message], false, async () => {
        await handler(payload);
        await remember(message);
      });
    },
    eachBatch: (handler) => async (payload) => {
      const { topic, partition, messages } = payload.batch;
      const place = { topic, partition, group };
      const fresh = await freshOf(place, messages);
      const last = messages.at(-1)?.offset;
      if (fresh.length === 0) {
        // Else nobody would, and the batch would be fetched for ever. One that is stale has no say any more.
        if (last !== undefined && !payload.isStale()) payload.resolveOffset(last);
        return;
      }
      let resolved: bigint | undefined;
      const resolveOffset = (offset: string): void => {
        if (resolved === undefined || BigInt(offset) > resolved) resolved = BigInt(offset);
        payload.resolveOffset(offset);
      };
      await process(place, fresh, true, async () => {
        await handler({ ...payload, resolveOffset }, fresh);
        const whole = payload.isRunning() && !payload.isStale();
        for (const message of fresh) {
          // What is remembered and comes again is left out: better one too few than one that nobody has worked on.
          const done = resolved === undefined ? whole && autoResolve : BigInt(message.offset) <= resolved;
          if (done) await remember(message);
        }
        const lastFresh = fresh.at(-1)?.offset;
        if (whole && last !== undefined && last !== lastFresh && lastFresh === String(resolved)) {
          payload.resolveOffset(last);
        }
      });
    },
  };
}
