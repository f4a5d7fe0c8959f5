import fc, { type AsyncCommand } from 'fast-check';
import type { Loss, Point, WriteFault } from './disk';
import { eventOf, prepare, type Operation, type Pick } from './operations';
import type { Spec } from './spec';
import type { World } from './world';

/** fast-check wants a model beside the real thing; ours lives in the world, since a crash may choose another one. */
type Command = AsyncCommand<object, World>;

class Do implements Command {
  constructor(private readonly operation: Operation) {}
  check = (): boolean => true;
  async run(_: object, world: World): Promise<void> {
    const ready = await prepare(world, this.operation, false);
    if (!ready) return;
    const answer = await ready.run();
    ready.apply(world.spec, answer);
    await world.idle();
    await world.learnQuarantine();
    world.settled();
  }
  toString = (): string => JSON.stringify(this.operation);
}

/** The process is killed, or the power fails, while an operation is under way. */
class Crash implements Command {
  constructor(
    private readonly during: Operation,
    private readonly point: Point,
    private readonly loss: Loss | undefined,
    private readonly sweep: boolean,
  ) {}
  check = (): boolean => true;
  async run(_: object, world: World): Promise<void> {
    const { point, loss } = this;
    const before = world.candidates(loss !== undefined);
    const ready = await prepare(world, this.during, true);
    if (this.sweep) world.sweepSoon();
    let image: string | undefined;
    world.disk.at = (now) => {
      if (now === point) image ??= world.image(loss);
    };
    await ready?.run();
    await world.idle();
    const after = before.at(-1)!.clone();
    ready?.apply(after);
    const unknown = image !== undefined && (point === 'start' || point === 'begun');
    const kept = !unknown && (loss === undefined || ready?.durable === true);
    await world.resume(image ?? world.image(loss), kept ? [after] : [...before, after]);
  }
  toString = (): string =>
    `${this.loss ? `power loss ${JSON.stringify(this.loss)}` : 'kill -9'} at ${this.point} of ${JSON.stringify(this.during)}${this.sweep ? ' and a sweep' : ''}`;
}

/** The disk fails: nothing may be acknowledged from then on, and the store is opened anew. */
class Fault implements Command {
  constructor(
    private readonly during: Operation,
    private readonly fault: WriteFault,
  ) {}
  check = (): boolean => true;
  async run(_: object, world: World): Promise<void> {
    const ready = await prepare(world, this.during, true);
    if (!ready) return;
    const before = world.candidates(false)[0] as Spec;
    const after = before.clone();
    ready.apply(after);
    world.sweepSoon();
    world.disk.fault = this.fault;
    const acknowledged = await ready.run().then(
      () => this.during.kind !== 'tick',
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'store_fenced', retriable: true });
        return false;
      },
    );
    await world.idle();
    if (!world.isFenced()) {
      // It did nothing that the fault concerns, and so nothing went wrong.
      world.disk.fault = undefined;
      world.spec = after;
      await world.learnQuarantine();
      world.settled();
      return;
    }
    const late = eventOf({ id: 99, source: 0, payload: 0, key: 0, synthetic: false });
    await expect(world.outbox.append([late])).rejects.toMatchObject({ code: 'store_fenced' });
    await expect(world.outbox.settle(0, 1, 0)).rejects.toMatchObject({ code: 'store_fenced' });
    await world.recover(acknowledged ? [after] : [before, after]);
  }
  toString = (): string => `write ${this.fault} during ${JSON.stringify(this.during)}`;
}

class Reopen implements Command {
  check = (): boolean => true;
  run = (_: object, world: World): Promise<void> => world.reopen();
  toString = (): string => 'close and open';
}

class FailingClose implements Command {
  check = (): boolean => true;
  run = (_: object, world: World): Promise<void> => world.failToClose();
  toString = (): string => 'a close that fails, and open';
}

class CrashAtOpening implements Command {
  constructor(private readonly turns: number) {}
  check = (): boolean => true;
  run = (_: object, world: World): Promise<void> => world.crashAtOpening(this.turns);
  toString = (): string => `kill -9, and again ${this.turns} turns into the opening`;
}

class Compare implements Command {
  check = (): boolean => true;
  run = (_: object, world: World): Promise<void> => world.compare();
  toString = (): string => 'read everything';
}

const pick: fc.Arbitrary<Pick> = fc.record({
  id: fc.nat(9),
  source: fc.nat(1),
  payload: fc.nat(5),
  key: fc.nat(3),
  synthetic: fc.nat(9).map((n) => n === 0),
});
const group = fc.array(pick, { minLength: 1, maxLength: 5 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      groups: fc.array(group, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      lane: fc.nat(3),
      count: fc.nat(10),
      refused: fc.oneof(fc.constant(0), fc.nat(15)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('take out' as const),
      which: fc.nat(5),
      many: fc.integer({ min: 1, max: 3 }),
      replay: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), seconds: fc.constantFrom(1, 3, 4, 12) }),
  },
);
const slot = fc.constantFrom('synced' as const, 'written' as const, 'torn' as const);
const loss: fc.Arbitrary<Loss> = fc.record({
  kept: fc.constantFrom(0, 0.1, 0.5, 0.9, 1),
  rest: fc.constantFrom('gone' as const, 'zeros' as const, 'hole' as const),
  slots: fc.tuple(slot, slot, slot),
});
const points = ['start', 'begun', 'written', 'noted', 'syncing', 'clear-begun', 'cleared'] as const;
const point = fc.constantFrom<Point[]>(...points);
const fault = fc.constantFrom<WriteFault[]>('refused', 'written', 'note', 'clear');

export const commands = fc.commands(
  [
    ...Array.from({ length: 8 }, () => operation.map((one) => new Do(one))),
    fc.constant(new Compare()),
    fc.constant(new Reopen()),
    fc.constant(new FailingClose()),
    fc.nat(30).map((turns) => new CrashAtOpening(turns)),
    fc.tuple(operation, point, fc.boolean()).map(([one, at, sweep]) => new Crash(one, at, undefined, sweep)),
    fc.tuple(operation, point, loss, fc.boolean()).map((all) => new Crash(...all)),
    // The manifest's own sync: rarely met by chance.
    loss.map((how) => new Crash({ kind: 'tick', seconds: 1 }, 'syncing', how, false)),
    fc.tuple(operation, fault).map(([one, how]) => new Fault(one, how)),
  ],
  { maxCommands: 60, size: 'max' },
);
