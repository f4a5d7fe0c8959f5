import { ClassicLevel } from 'classic-level';

/** Stands between the outbox and LevelDB, like a disk that hangs or dies. Jest's `restoreAllMocks` takes it away. */
export class StoreFault {
  /** Batch writes that have come so far. */
  writes = 0;
  private hold: Promise<void> | undefined;
  private letGo: (() => void) | undefined;
  private failure: Error | undefined;

  constructor() {
    // The method is inherited, so `this` decides; a chained batch is the one without arguments.
    const original: (this: ClassicLevel, ...given: unknown[]) => Writable = Reflect.get(
      ClassicLevel.prototype,
      'batch',
    ) as never;
    const wrap = (batch: Writable): Writable => this.wrap(batch);
    jest.spyOn(ClassicLevel.prototype, 'batch').mockImplementation(function (
      this: ClassicLevel,
      ...given: unknown[]
    ) {
      const batch = original.apply(this, given);
      return (given.length === 0 ? wrap(batch) : batch) as never;
    } as never);
  }

  /** Writes wait until `heal` or `fail`. */
  hang(): void {
    this.hold = new Promise((resolve) => (this.letGo = resolve));
  }

  /** Writes that wait, and all that come, fail. */
  fail(message: string): void {
    this.failure = new Error(message);
    this.letGo?.();
  }

  heal(): void {
    this.failure = undefined;
    this.hold = undefined;
    this.letGo?.();
  }

  private wrap(batch: Writable): Writable {
    const write = batch.write.bind(batch);
    batch.write = async (options) => {
      this.writes += 1;
      await this.hold;
      if (this.failure) throw this.failure;
      return write(options);
    };
    return batch;
  }
}

interface Writable {
  write(options?: object): Promise<void>;
}
