import { Emitter } from '../emitter';
import {
  defaultReading,
  type FlagChange,
  type FlagDefinitions,
  type FlagReading,
  type ValueOf,
} from '../flags/definition';
import type { Flags } from '../flags/flags';

/** Flags that may be asked before they are there: until then each has its default. */
export class DeferredFlags<Definitions extends FlagDefinitions> implements Flags<Definitions> {
  private readonly emitter = new Emitter<FlagChange>();
  private flags: Flags<Definitions> | undefined;

  constructor(private readonly definitions: Definitions) {}

  follow(flags: Flags<Definitions>): void {
    this.flags = flags;
    flags.subscribe((change) => this.emitter.emit(change));
  }

  value<Name extends keyof Definitions & string>(flag: Name): ValueOf<Definitions[Name]> {
    if (this.flags) return this.flags.value(flag);
    const definition = this.definitions[flag];
    if (!definition) throw new RangeError(`no flag is named ${flag}`);
    return definition.defaultValue as ValueOf<Definitions[Name]>;
  }

  list(): FlagReading[] {
    if (this.flags) return this.flags.list();
    return Object.entries(this.definitions).map(([flag, definition]) => defaultReading(flag, definition));
  }

  problem(): string | undefined {
    return this.flags?.problem();
  }

  subscribe(listener: (change: FlagChange) => void): () => void {
    return this.emitter.subscribe(listener);
  }

  async close(): Promise<void> {
    await this.flags?.close();
  }
}
