import * as fc from 'fast-check';
import { trace } from '@opentelemetry/api';
import { CheerEngine } from '../cheer-engine';
import { createLogger } from '../logger';
import { createMessageMetrics } from '../metrics/message-metrics';
import { createRegistry } from '../metrics/registry';
import { createSlos } from '../work/slos';
import { WorkRecorder } from '../work/work-recorder';
import { createKafkaConsumer, type BatchPayload, type KafkaConsumer } from './consumer';
import type { ConsumedMessage } from './work-context';

function createConsumer(autoResolve: boolean | undefined): KafkaConsumer {
  const slos = createSlos({ kinds: ['kafka'] });
  const engine = new CheerEngine({
    ...{ slos: slos.definitions, queues: [], downstreams: [], holdSeconds: 30, warmupSeconds: 0 },
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
  });
  const parts = {
    metrics: createMessageMetrics(createRegistry()),
    work: new WorkRecorder(engine, 'kafka', slos),
    logger: createLogger({ service: 't', level: 'silent' }),
    tracer: trace.getTracer('test'),
    tracing: () => false,
  };
  return createKafkaConsumer(parts, autoResolve === undefined ? {} : { autoResolve });
}

interface Group {
  /** Resolves with false when nothing is left; rejects with what the handler rejects with. */
  readonly deliver: () => Promise<boolean>;
  /** Events whose handling has ended well, in order. */
  readonly worked: string[];
  /** Takes the partition back to this offset, as a rebalance after a commit that was lost. */
  readonly rewind: (offset: number) => void;
}

interface GroupOptions {
  readonly ids: readonly string[];
  /** Both as kafkajs has it, true when absent. */
  readonly autoResolve?: boolean;
  /** What the consumer is told of it, when that is another. */
  readonly told?: boolean;
  readonly batchSize?: number;
  readonly state?: Partial<BatchPayload>;
  readonly handle: (
    payload: BatchPayload,
    fresh: readonly string[],
    worked: string[],
  ) => Promise<void> | void;
}

/** A partition and its consumer group, which go on as kafkajs 2 does it (src/consumer/runner.js, processEachBatch). */
function group({ ids, autoResolve, told = autoResolve, batchSize = 5, state, handle }: GroupOptions): Group {
  const worked: string[] = [];
  let position = 0;
  const resolveOffset = (offset: string): void => void (position = Number(offset) + 1);
  const idOf = ({ headers }: ConsumedMessage): string => String(headers?.['ce_id']);
  const eachBatch = createConsumer(told).eachBatch((payload, fresh) =>
    Promise.resolve(handle(payload, fresh.map(idOf), worked)),
  );
  return {
    worked,
    rewind: (offset) => void (position = offset),
    async deliver() {
      const messages = ids
        .map((id, offset): ConsumedMessage => {
          return { offset: String(offset), value: null, headers: { ce_source: '/s', ce_id: id } };
        })
        .slice(position, position + batchSize);
      if (messages.length === 0) return false;
      await eachBatch({
        batch: { topic: 'events', partition: 0, messages },
        resolveOffset,
        isRunning: () => true,
        isStale: () => false,
        ...state,
      });
      if (autoResolve ?? true) resolveOffset(messages.at(-1)?.offset ?? '');
      return true;
    },
  };
}

const offsetIn = (payload: BatchPayload, id: string): string =>
  payload.batch.messages.find(({ headers }) => headers?.['ce_id'] === id)?.offset ?? '';

/** Works on the first `count` of them and resolves each. */
const first =
  (count: number) =>
  (payload: BatchPayload, fresh: readonly string[], worked: string[]): void => {
    for (const id of fresh.slice(0, count)) {
      worked.push(id);
      payload.resolveOffset(offsetIn(payload, id));
    }
  };
const all: GroupOptions['handle'] = (_payload, fresh, worked) => void worked.push(...fresh);

const ids = ['a', 'b', 'c', 'd', 'e'];

test('what the handler has left comes again, as it was not resolved', async () => {
  for (const told of [undefined, false]) {
    const { deliver, worked } = group({
      ids,
      autoResolve: false,
      ...(told !== undefined && { told }),
      handle: first(2),
    });
    while (await deliver());
    expect(worked).toEqual(ids);
  }
});

test('a handler that resolves none has worked on all', async () => {
  const { deliver, worked, rewind } = group({ ids, handle: all });
  while (await deliver());
  rewind(2);
  while (await deliver());
  expect(worked).toEqual(ids);
});

test('without autoResolve it has worked on none that may be left out', async () => {
  let away = true;
  const { deliver, worked } = group({
    ids,
    autoResolve: false,
    handle: (...args) => (away ? undefined : first(Infinity)(...args)),
  });
  await deliver();
  away = false;
  while (await deliver());
  expect(worked).toEqual(ids);
});

test('a handler that resolves the last one has worked on all', async () => {
  const { deliver, worked, rewind } = group({
    ids,
    autoResolve: false,
    handle(payload, fresh, worked) {
      worked.push(...fresh);
      payload.resolveOffset(payload.batch.messages.at(-1)?.offset ?? '');
    },
  });
  while (await deliver());
  rewind(0);
  while (await deliver());
  expect(worked).toEqual(ids);
});

test('with autoResolve what the handler did not resolve may come again, and is worked on again', async () => {
  const { deliver, worked, rewind } = group({
    ids,
    handle(payload, fresh, worked) {
      worked.push(...fresh);
      payload.resolveOffset('1');
    },
  });
  while (await deliver());
  rewind(0);
  while (await deliver());
  expect(worked).toEqual([...ids, 'c', 'd', 'e']);
});

test.each([{ isRunning: () => false }, { isStale: () => true }])(
  'of a batch that is left early nothing counts that was not resolved',
  async (state) => {
    let leave = true;
    const { deliver, worked, rewind } = group({
      ids,
      state,
      handle: (...args) => (leave ? undefined : first(2)(...args)),
    });
    await deliver();
    leave = false;
    rewind(0);
    await deliver();
    rewind(0);
    await deliver();
    expect(worked).toEqual(['a', 'b', 'c', 'd']);
  },
);

test('a handler that throws midway gets the rest, and nothing is lost', async () => {
  let broken = true;
  const { deliver, worked } = group({
    ids: ['a', 'b', 'a', 'c', 'd'],
    autoResolve: false,
    handle(...args) {
      first(broken ? 2 : Infinity)(...args);
      if (broken) throw new Error('no');
    },
  });
  await expect(deliver()).rejects.toThrow('no');
  broken = false;
  while (await deliver());
  expect([...new Set(worked)]).toEqual(['a', 'b', 'c', 'd']);
});

test('nothing is lost and nothing stands still, whatever the handler resolves and whenever it fails', async () => {
  const step = fc.record({ count: fc.nat(4), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 20 }),
      fc.array(step, { maxLength: 10 }),
      fc.integer({ min: 1, max: 6 }),
      async (ids, steps, batchSize) => {
        const { deliver, worked } = group({
          ...{ ids, batchSize, autoResolve: false },
          handle(...args) {
            const { count, fails } = steps.shift() ?? { count: Infinity, fails: false };
            first(count)(...args);
            if (fails) throw new Error('no');
          },
        });
        let deliveries = 0;
        while (await deliver().catch(() => true)) expect(deliveries++).toBeLessThan(60);
        expect(new Set(worked)).toEqual(new Set(ids));
      },
    ),
  );
});
