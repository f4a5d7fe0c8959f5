import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { CheerEngine } from '../cheer-engine';
import { createLogger } from '../logger';
import { createMessageMetrics } from '../metrics/message-metrics';
import { createRegistry } from '../metrics/registry';
import { createSlos } from '../work/slos';
import { WorkRecorder } from '../work/work-recorder';
import { createKafkaConsumer, type BatchPayload, type KafkaConsumerOptions } from './consumer';
import { MemoryDedupe } from './dedupe';
import { injectTrace, type MessageHeaders } from './trace-headers';
import type { ConsumedMessage } from './work-context';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentOf = (trace: string): string => `00-${trace}-00f067aa0ba902b7-01`;

const exporter = new InMemorySpanExporter();
afterEach(() => {
  exporter.reset();
  trace.disable();
  context.disable();
});

function setUp({ spans = false, ...options }: KafkaConsumerOptions & { spans?: boolean } = {}) {
  if (spans) {
    const spanProcessors = [new SimpleSpanProcessor(exporter)];
    new NodeTracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors }).register();
  }
  const slos = createSlos({ kinds: ['kafka'] });
  const engine = new CheerEngine({
    ...{ slos: slos.definitions, queues: [], downstreams: [], holdSeconds: 30, warmupSeconds: 0 },
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
  });
  const lines: string[] = [];
  const logger = createLogger({
    service: 't',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const registry = createRegistry();
  const consumer = createKafkaConsumer(
    {
      metrics: createMessageMetrics(registry),
      work: new WorkRecorder(engine, 'kafka', slos),
      logger,
      tracer: trace.getTracer('test'),
      tracing: () => spans,
    },
    options,
  );
  const counted = async (result: string): Promise<number> => {
    const line = new RegExp(`messages_consumed_total\\{topic="events",result="${result}"\\} (\\d+)`);
    return Number(line.exec(await registry.metrics())?.[1] ?? NaN);
  };
  return {
    consumer,
    engine,
    logger,
    registry,
    counted,
    lines: () => lines.map((l) => JSON.parse(l) as object),
  };
}

function message(offset: number, headers?: Record<string, string | Buffer>): ConsumedMessage {
  return { offset: String(offset), value: Buffer.from('{}'), ...(headers && { headers }) };
}

/** As the exporter sends it: kafkajs gives headers as buffers. */
function event(
  offset: number,
  id: string,
  { revision = '1', ...more }: Record<string, string> = {},
): ConsumedMessage {
  const headers = { ce_source: '/shop', ce_id: id, ce_revision: revision, ...more };
  return message(
    offset,
    Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  );
}

const one = (message: ConsumedMessage) => ({ topic: 'events', partition: 0, message });

function batch(messages: readonly ConsumedMessage[], state: Partial<BatchPayload> = {}): BatchPayload {
  return {
    batch: { topic: 'events', partition: 0, messages },
    resolveOffset: () => undefined,
    isRunning: () => true,
    isStale: () => false,
    ...state,
  };
}

function slo(engine: CheerEngine): [good: number, bad: number] {
  const reading = engine.sloReadings().find(({ definition }) => definition.name === 'kafka-availability');
  return [reading?.goodTotal ?? NaN, reading?.badTotal ?? NaN];
}

describe('eachMessage', () => {
  test('hands each event on once, by source, id and revision', async () => {
    const { consumer, engine, counted } = setUp();
    const seen: string[] = [];
    const handle = consumer.eachMessage(({ message }) => {
      seen.push(message.offset);
      return Promise.resolve();
    });
    await handle(one(event(0, 'a')));
    await handle(one(event(1, 'b')));
    await handle(one(event(2, 'a')));
    await handle(one(event(3, 'a', { revision: '2' })));
    await handle(one(event(4, 'a', { ce_source: '/other' })));
    expect(seen).toEqual(['0', '1', '3', '4']);
    expect(await counted('processed')).toBe(4);
    expect(await counted('duplicate')).toBe(1);
    expect(await counted('failed')).toBe(0);
    expect(slo(engine)).toEqual([4, 0]);
    expect(engine.batches.cheersOf('real')).toBe(4);
  });

  test('messages without an identity can’t be told apart', async () => {
    const { consumer, counted } = setUp();
    const handle = consumer.eachMessage(() => Promise.resolve());
    await handle(one(message(0)));
    await handle(one(message(0, { ce_id: 'a' })));
    await handle(one(message(1, { ce_id: 'a' })));
    expect(await counted('processed')).toBe(3);
  });

  test('passes on what the handler rejects with, and hands the message out again', async () => {
    const { consumer, engine, counted, lines } = setUp();
    const broken = new Error('the database is away');
    const handler = jest.fn().mockRejectedValueOnce(broken).mockResolvedValue(undefined);
    const handle = consumer.eachMessage(handler);
    const headers = { traceparent: parentOf(traceId) };
    await expect(handle(one(event(0, 'a', headers)))).rejects.toBe(broken);
    await handle(one(event(0, 'a', headers)));
    await handle(one(event(0, 'a', headers)));
    expect(handler).toHaveBeenCalledTimes(2);
    expect([await counted('failed'), await counted('processed'), await counted('duplicate')]).toEqual([
      1, 1, 1,
    ]);
    expect(slo(engine)).toEqual([1, 1]);
    expect(engine.batches.missesOf('error', 'real')).toBe(1);
    expect(lines()).toMatchObject([
      {
        level: 'warn',
        topic: 'events',
        offset: '0',
        err: { message: broken.message },
        correlation_id: traceId,
      },
    ]);
  });

  test.each(['has', 'add'] as const)('a store whose %s fails fails the message', async (method) => {
    const away = new Error('the store is away');
    const dedupe = { has: () => false, add: () => undefined, [method]: () => Promise.reject(away) };
    const { consumer, engine, counted } = setUp({ dedupe });
    const handler = jest.fn().mockResolvedValue(undefined);
    await expect(consumer.eachMessage(handler)(one(event(0, 'a')))).rejects.toBe(away);
    expect(handler).toHaveBeenCalledTimes(method === 'has' ? 0 : 1);
    expect(await counted('failed')).toBe(1);
    expect(engine.batches.missesTotal).toBe(1);
  });

  test('without deduplication every one is handed on', async () => {
    const { consumer, counted } = setUp({ dedupe: false });
    const handle = consumer.eachMessage(() => Promise.resolve());
    await handle(one(event(0, 'a')));
    await handle(one(event(1, 'a')));
    expect(await counted('processed')).toBe(2);
  });

  test.each([{ synthetic: 'true' }, { baggage: 'selfcheer.synthetic=true' }])(
    'synthetic messages (%j) count apart',
    async (mark: Record<string, string>) => {
      const { consumer, engine } = setUp();
      await consumer.eachMessage(() => Promise.resolve())(one(event(0, 'a', mark)));
      expect(slo(engine)).toEqual([0, 0]);
      expect(engine.batches.cheersOf('synthetic')).toBe(1);
    },
  );

  test('without spans the trace goes on as it came', async () => {
    const { consumer, logger, lines, registry } = setUp();
    let sent: MessageHeaders = {};
    await consumer.eachMessage(async () => {
      await Promise.resolve();
      logger.info('inside');
      sent = injectTrace({ own: 'x' });
    })(one(event(0, 'a', { traceparent: parentOf(traceId), tracestate: 'a=b' })));
    expect(lines()).toMatchObject([{ correlation_id: traceId }]);
    expect(sent).toEqual({ own: 'x', traceparent: parentOf(traceId), tracestate: 'a=b' });
    expect(await registry.metrics()).toContain(`# {trace_id="${traceId}"}`);
  });

  test('a span continues the producer’s trace', async () => {
    const { consumer } = setUp({ spans: true, group: 'billing' });
    let sent: MessageHeaders = {};
    await consumer.eachMessage(() => {
      sent = injectTrace({});
      return Promise.resolve();
    })(one(event(7, 'a', { traceparent: parentOf(traceId) })));
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'process events',
      kind: SpanKind.CONSUMER,
      parentSpanContext: { spanId: '00f067aa0ba902b7' },
      attributes: {
        'messaging.system.name': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'events',
        'messaging.destination.partition.id': '0',
        'messaging.consumer.group.name': 'billing',
        'messaging.message.id': 'a',
        'kafka.offset': 7,
      },
    });
    expect(span?.spanContext().traceId).toBe(traceId);
    expect(sent['traceparent']).toBe(`00-${traceId}-${span?.spanContext().spanId}-01`);
    const failing = consumer.eachMessage(() => Promise.reject(new RangeError('no, token=hunter2')));
    await expect(failing(one(event(8, 'b')))).rejects.toThrow('hunter2');
    expect(exporter.getFinishedSpans()[1]).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'no, token=[redacted]' },
      attributes: { 'error.type': 'RangeError' },
    });
  });
});

describe('eachBatch', () => {
  test('hands on the fresh ones, once', async () => {
    const { consumer, engine, counted } = setUp();
    const seen: string[][] = [];
    const handle = consumer.eachBatch((_payload, fresh) => {
      seen.push(fresh.map(({ offset }) => offset));
      return Promise.resolve();
    });
    await handle(batch([event(0, 'a'), event(1, 'b'), event(2, 'a'), message(3), message(4)]));
    await handle(batch([event(5, 'b'), event(6, 'c')]));
    await handle(batch([event(7, 'c')]));
    expect(seen).toEqual([['0', '1', '3', '4'], ['6']]);
    expect([await counted('processed'), await counted('duplicate')]).toEqual([5, 3]);
    expect(slo(engine)).toEqual([5, 0]);
    expect(engine.batches.cheersOf('real')).toBe(2);
  });

  test('a batch that fails is handed on again, whole', async () => {
    const { consumer, engine, counted } = setUp();
    const handler = jest.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValue(undefined);
    const handle = consumer.eachBatch(handler);
    const messages = [event(0, 'a'), event(1, 'b')];
    await expect(handle(batch(messages))).rejects.toThrow('no');
    await handle(batch(messages));
    expect(handler).toHaveBeenCalledTimes(2);
    expect(slo(engine)).toEqual([2, 2]);
    expect([await counted('failed'), await counted('processed')]).toEqual([2, 2]);
  });

  test.each([
    ['stopping', { isRunning: () => false }],
    ['stale', { isStale: () => true }],
  ])(
    'of a batch that is left early because it is %s, only what was resolved is done',
    async (_why, state) => {
      const { consumer } = setUp();
      const resolved: string[] = [];
      const seen: string[] = [];
      const handle = consumer.eachBatch((payload, fresh) => {
        seen.push(...fresh.map(({ offset }) => offset));
        payload.resolveOffset('0');
        return Promise.resolve();
      });
      const messages = [event(0, 'a'), event(1, 'b')];
      await handle(batch(messages, { ...state, resolveOffset: (offset) => void resolved.push(offset) }));
      await handle(batch(messages));
      expect(resolved).toEqual(['0']);
      expect(seen).toEqual(['0', '1', '1']);
    },
  );

  describe('duplicates of a batch whose offsets the handler resolves', () => {
    const resolving = (state: Partial<BatchPayload> = {}, upTo = Infinity) => {
      const { consumer } = setUp();
      const offsets: string[] = [];
      const handle = consumer.eachBatch((payload, fresh) => {
        for (const { offset } of fresh) if (Number(offset) <= upTo) payload.resolveOffset(offset);
        return Promise.resolve();
      });
      const resolveOffset = (offset: string): void => void offsets.push(offset);
      const resolved = async (messages: readonly ConsumedMessage[]): Promise<string[]> => {
        await handle(batch(messages, { ...state, resolveOffset }));
        return offsets.splice(0);
      };
      return resolved;
    };

    test('are resolved when there is nothing else, or after the fresh ones', async () => {
      const resolved = resolving();
      expect(await resolved([event(0, 'a'), event(1, 'b')])).toEqual(['0', '1']);
      expect(await resolved([event(2, 'a'), event(3, 'b')])).toEqual(['3']);
      expect(await resolved([event(4, 'a'), event(5, 'c'), event(6, 'b'), event(7, 'c')])).toEqual([
        '5',
        '7',
      ]);
      expect(await resolved([])).toEqual([]);
    });

    test('are not when the handler has left fresh ones before them', async () => {
      const resolved = resolving({}, 1);
      expect(await resolved([event(0, 'a'), event(1, 'b')])).toEqual(['0', '1']);
      expect(await resolved([event(2, 'c'), event(3, 'a')])).toEqual([]);
    });

    test('are not of a batch that is stale: the partition stands elsewhere', async () => {
      let stale = false;
      const resolved = resolving({ isStale: () => stale });
      await resolved([event(0, 'a')]);
      stale = true;
      expect(await resolved([event(1, 'a')])).toEqual([]);
      expect(await resolved([event(1, 'b'), event(2, 'a')])).toEqual(['1']);
    });

    test('are not when the handler fails', async () => {
      const { consumer } = setUp();
      const offsets: string[] = [];
      const resolveOffset = (offset: string): void => void offsets.push(offset);
      await consumer.eachBatch(() => Promise.resolve())(batch([event(0, 'a')]));
      const handle = consumer.eachBatch((payload, [first]) => {
        payload.resolveOffset(first?.offset ?? '');
        return Promise.reject(new Error('no'));
      });
      await expect(handle(batch([event(1, 'b'), event(2, 'a')], { resolveOffset }))).rejects.toThrow('no');
      expect(offsets).toEqual(['1']);
    });
  });

  test('a batch of one trace is its child, another links to them', async () => {
    const { consumer } = setUp({ spans: true });
    const handle = consumer.eachBatch(() => Promise.resolve());
    const other = 'a'.repeat(32);
    const of = (offset: number, trace: string) =>
      event(offset, `e${offset}`, { traceparent: parentOf(trace) });
    await handle(batch([of(0, traceId), of(1, traceId)]));
    await handle(batch([of(2, traceId), of(3, other)]));
    await handle(batch(Array.from({ length: 200 }, (_, i) => of(10 + i, i.toString(16).padStart(32, 'f')))));
    const [child, root, large] = exporter.getFinishedSpans();
    expect(child?.spanContext().traceId).toBe(traceId);
    expect(child?.attributes).toMatchObject({ 'messaging.batch.message_count': 2 });
    expect(root?.parentSpanContext).toBeUndefined();
    expect(root?.links.map(({ context }) => context.traceId)).toEqual([traceId, other]);
    expect(large?.links.length).toBe(128);
  });
});

describe('MemoryDedupe', () => {
  test('forgets what was not seen for longest', () => {
    const dedupe = new MemoryDedupe(2);
    dedupe.add('a');
    dedupe.add('b');
    expect(dedupe.has('a')).toBe(true);
    dedupe.add('c');
    expect([dedupe.has('a'), dedupe.has('b'), dedupe.has('c')]).toEqual([true, false, true]);
  });

  test.each([0, 1.5, NaN])('a capacity of %d makes no sense', (capacity) => {
    expect(() => new MemoryDedupe(capacity)).toThrow(RangeError);
  });
});
