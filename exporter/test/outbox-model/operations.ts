import { createEvent, sizeOf, type AppendOutcome, type Event } from '../../src/event';
import type { Taken } from '../../src/outbox/quarantine';
import type { Spec } from './spec';
import type { World } from './world';

/** What a producer, a relay, a person or the clock does. Numbers pick among what is there at that moment. */
export type Operation =
  | { readonly kind: 'append'; readonly groups: readonly (readonly Pick[])[] }
  | { readonly kind: 'settle'; readonly lane: number; readonly count: number; readonly refused: number }
  | {
      readonly kind: 'take out';
      readonly which: number;
      readonly many: number;
      readonly replay: boolean;
      readonly twice: boolean;
    }
  | { readonly kind: 'tick'; readonly seconds: number };

export interface Pick {
  readonly id: number;
  readonly source: number;
  readonly payload: number;
  readonly key: number;
  readonly synthetic: boolean;
}

/** An operation that is ready to start. */
export interface Ready {
  /** Starts at once. Resolves with what the store answered when all of it is acknowledged; rejects when it refused. */
  readonly run: () => Promise<unknown>;
  /** What it does to the specification; with the answer, compares that too. */
  readonly apply: (spec: Spec, answer?: unknown) => void;
  /** An acknowledgement is for good, whatever happens to the power. */
  readonly durable: boolean;
}

const payloads = ['1', '{"a":1}', '{"a":2}', `"${'x'.repeat(300)}"`, '"ü€𝄞"', 'null'];
const verdict = { reason: 'schema', step: 'check', detail: '/a must be string' } as const;

export function eventOf(pick: Pick): Event {
  return createEvent(
    {
      id: `e${pick.id}`,
      source: `/source/${pick.source}`,
      payload: Buffer.from(payloads[pick.payload]!),
      ...(pick.key > 0 && { key: `k${pick.key}` }),
      timestamp: 1_700_000_000_000,
    },
    {
      receivedAt: 1_700_000_000_000,
      tenant: 'default',
      traffic: pick.synthetic ? 'synthetic' : 'real',
    },
    { source: '/default', type: 'test' },
  );
}

/** Undefined when there is nothing that it could do. `blind`: nobody will see the answer, so it must be foreseeable. */
export async function prepare(
  world: World,
  operation: Operation,
  blind: boolean,
): Promise<Ready | undefined> {
  switch (operation.kind) {
    case 'append':
      return append(world, operation.groups, blind);
    case 'settle':
      return settle(world, operation);
    case 'take out':
      return takeOut(world, operation, blind);
    case 'tick':
      return {
        run: () => {
          world.clock.ms += operation.seconds * 1000;
          return world.keepHouse();
        },
        apply: () => undefined,
        durable: false,
      };
  }
}

function append(world: World, picks: readonly (readonly Pick[])[], blind: boolean): Ready | undefined {
  const groups = picks
    .map((group) => group.map(eventOf).filter((event) => !blind || world.spec.determinate(event)))
    .filter((group) => group.length > 0);
  // Refused at once is what does not fit beside what is there and what already waits.
  let held = world.spec.bytes() + world.spec.quarantineBytes();
  const accepted = groups.filter((group) => {
    const bytes = group.reduce((sum, event) => sum + sizeOf(event), 0);
    if (held + bytes > 0.85 * world.spec.options.quotaBytes) return false;
    held += bytes;
    return true;
  });
  if (groups.length === 0 || (blind && accepted.length === 0)) return undefined;
  return {
    run: async () => {
      const calls = groups.map(async (group) => {
        const call = world.outbox.append(group);
        if (accepted.includes(group)) return call;
        await expect(call).rejects.toMatchObject({ code: 'store_full', retriable: true });
        return [];
      });
      const answers = await Promise.allSettled(calls);
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed) throw failed.reason;
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    },
    apply: (spec, answer) => {
      const demanded = spec.append(accepted.flat(), answer as AppendOutcome[] | undefined);
      if (answer !== undefined) expect(answer).toEqual(demanded);
    },
    durable: accepted.length > 0,
  };
}

async function settle(
  world: World,
  { lane: pick, count: share, refused }: Extract<Operation, { kind: 'settle' }>,
): Promise<Ready | undefined> {
  const waiting = world.spec.lanes.flatMap(({ low, items }, lane) => (items.length >= low ? [lane] : []));
  const lane = waiting[pick % Math.max(1, waiting.length)];
  if (lane === undefined) return undefined;
  const { low, items } = world.spec.lanes[lane]!;
  const count = Math.max(1, Math.ceil((share / 10) * (items.length - low + 1)));
  const { events, bytes } = await world.read(lane, count);
  expect(events.map(({ seq, id, revision }) => ({ seq, id, revision }))).toEqual(
    items.slice(low - 1, low - 1 + count).map(({ id, revision }, i) => ({ seq: low + i, id, revision })),
  );
  const poison = events.filter((_, i) => (refused >> i) & 1).map(({ seq }) => seq);
  const moved = poison.map((seq) => ({ seq, verdict, attempts: 2 }));
  const through = low + count - 1;
  const back = items.flatMap(({ id }, i) => {
    const seq = i + 1;
    const isBack = world.spec.replays.has(`${lane}:${seq}`) && seq >= low && seq <= through;
    return isBack && !poison.includes(seq) ? [id] : [];
  });
  const concerns = world.quarantine.concerns(lane, through, moved);
  return {
    run: () =>
      world.outbox.settle(
        lane,
        through,
        bytes,
        !concerns
          ? undefined
          : async (batch) => {
              const recovered = await world.quarantine.settle(batch, lane, through, moved);
              expect(recovered.map(({ eventId }) => eventId)).toEqual(back);
            },
      ),
    apply: (spec) => {
      if (!concerns) expect(back).toEqual([]);
      for (const seq of poison) spec.setAside(spec.lanes[lane]!.items[seq - 1]!, 0);
      spec.settle(lane, count);
    },
    durable: concerns,
  };
}

const actor = { name: 'somebody', via: 'api' } as const;

function takeOut(
  world: World,
  { which, many, replay, twice }: Extract<Operation, { kind: 'take out' }>,
  blind: boolean,
): Ready | undefined {
  const { spec: now } = world;
  const known = [...now.quarantine.keys(), now.nextNumber];
  const from = which % known.length;
  const numbers = known.slice(from, from + many);
  if (blind && replay && !now.foreseeable(numbers)) return undefined;
  const go = (): Promise<readonly Taken[]> =>
    world.quarantine.act(replay ? 'replay' : 'discard', numbers, actor);
  return {
    // Two people ask for the same ones at once: only one of them gets them.
    run: async () => {
      const [first, second] = await Promise.all([go(), twice ? go() : []]);
      expect(second.filter(({ result }) => result !== 'not_in_quarantine')).toEqual([]);
      return first.map(({ result }) => result);
    },
    apply: (spec, answer) => {
      const demanded = spec.takeOut(numbers, replay, answer as string[] | undefined);
      if (answer !== undefined) expect(answer).toEqual(demanded);
    },
    durable: numbers.some((number) => now.quarantine.has(number)),
  };
}
