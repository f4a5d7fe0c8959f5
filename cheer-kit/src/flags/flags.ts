import { systemClock, type Clock } from '../clock';
import { Emitter } from '../emitter';
import type { CheckResult } from '../health';
import type { Logger } from '../logger';
import { KitError } from '../resilience/errors';
import {
  defaultReading,
  type FlagChange,
  type FlagDefinition,
  type FlagDefinitions,
  type FlagReading,
  type FlagValue,
  type ValueOf,
} from './definition';
import { FlagFile } from './flag-file';
import { FlagdTextProvider } from './flagd-provider';

/** The flags file that was named can't be read. `flags_file` */
export class FlagsFileError extends KitError {
  constructor(file: string, cause: Error) {
    super('flags_file', `Can't read the flags file ${file}: ${cause.message}`, { retriable: false, cause });
  }
}

/** For `createFlags`. */
export interface FlagsOptions<Definitions extends FlagDefinitions> {
  /** A file in flagd's format; every flag has its default when absent. */
  readonly file?: string | undefined;
  readonly definitions: Definitions;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** What rules of the file may ask for: `service`, `version`, `track`, and `targetingKey` for shares of instances. */
  readonly context?: Readonly<Record<string, string>>;
  /** Milliseconds between two looks at the file; 1,000 when absent. */
  readonly pollMs?: number;
  readonly clock?: Clock;
}

/** Feature flags of one service, evaluated for it as a whole: reading one only reads memory. */
export interface Flags<Definitions extends FlagDefinitions = FlagDefinitions> {
  /** The present value. Throws RangeError for a flag that is not defined. */
  value<Name extends keyof Definitions & string>(flag: Name): ValueOf<Definitions[Name]>;
  /** Every flag, in the order of the definitions. */
  list(): FlagReading[];
  /** What is wrong with the file; undefined when nothing is, and without a file. */
  problem(): string | undefined;
  /** Calls the listener for each change, in order; returns the unsubscribe. */
  subscribe(listener: (change: FlagChange) => void): () => void;
  /** Stops looking at the file. Never rejects. */
  close(): Promise<void>;
}

interface Evaluation {
  readonly value: FlagValue;
  readonly variant?: string;
  readonly reason?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}
/** Evaluates a flag; the value is of the fallback's type. */
type Evaluate = (flag: string, fallback: FlagValue) => Promise<Evaluation>;

/** Flags that have their defaults until `follow` has read a file; what that finds is a change as any other. */
export class FlagSet<Definitions extends FlagDefinitions> implements Flags<Definitions> {
  private readonly readings = new Map<string, FlagReading>();
  private readonly emitter = new Emitter<FlagChange>();
  private readonly clock: Clock;
  private file: FlagFile | undefined;
  private release: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly options: FlagsOptions<Definitions>) {
    this.clock = options.clock ?? systemClock;
    for (const [flag, definition] of Object.entries(options.definitions)) {
      this.readings.set(flag, defaultReading(flag, definition));
    }
  }

  /** Follows the file from now on. Rejects with FlagsFileError when it can't be read; then nothing is left open. */
  async follow(file: string): Promise<void> {
    const { definitions, logger, context = {}, pollMs = 1000 } = this.options;
    const provider = new FlagdTextProvider(await import('@openfeature/flagd-core'));
    const { evaluate, release } = await register(provider, context);
    this.release = release;
    this.file = new FlagFile({
      file,
      pollMs,
      adopt(text) {
        provider.adopt(text);
        const unused = provider.names().filter((name) => !Object.hasOwn(definitions, name));
        logger.info({ file, ...(unused.length > 0 && { unused }) }, 'flags read');
      },
      evaluate: () => this.evaluateAll(evaluate),
      logger,
      clock: this.clock,
    });
    try {
      await this.file.begin();
    } catch (error) {
      await this.close();
      throw new FlagsFileError(file, error as Error);
    }
  }

  value<Name extends keyof Definitions & string>(flag: Name): ValueOf<Definitions[Name]> {
    const reading = this.readings.get(flag);
    if (!reading) throw new RangeError(`no flag is named ${flag}`);
    return reading.value as ValueOf<Definitions[Name]>;
  }

  list(): FlagReading[] {
    return [...this.readings.values()];
  }

  problem(): string | undefined {
    return this.file?.problem();
  }

  subscribe(listener: (change: FlagChange) => void): () => void {
    return this.emitter.subscribe(listener);
  }

  async close(): Promise<void> {
    await this.file?.close();
    await this.release();
  }

  private async evaluateAll(evaluate: Evaluate): Promise<string | undefined> {
    const problems: string[] = [];
    for (const [flag, definition] of Object.entries(this.options.definitions)) {
      const found = await evaluate(flag, definition.defaultValue);
      const wrong = problemOf(found, definition);
      if (wrong !== undefined) problems.push(`flag ${flag}: ${wrong}`);
      else this.note(readingOf(flag, definition, found));
    }
    return problems.length > 0 ? problems.join('; ') : undefined;
  }

  private note(to: FlagReading): void {
    const from = this.readings.get(to.flag) as FlagReading;
    this.readings.set(to.flag, to);
    if (from.value === to.value && from.variant === to.variant) return;
    const { flag, variant, value } = to;
    if (from.value !== value) {
      this.options.logger.info({ flag, variant, value, was: from.value }, 'a flag changed');
    }
    this.emitter.emit({ at: this.clock.now(), from, to });
  }
}

/** A flag that the file does not have is no problem: it has its default. */
function problemOf(
  { value, errorCode, errorMessage }: Evaluation,
  definition: FlagDefinition,
): string | undefined {
  if (errorCode === 'FLAG_NOT_FOUND') return undefined;
  if (errorCode !== undefined) return errorMessage ?? errorCode;
  const mustBe = definition.mustBe?.(value);
  return mustBe === undefined ? undefined : `${JSON.stringify(value)} must be ${mustBe}`;
}

function readingOf(flag: string, definition: FlagDefinition, found: Evaluation): FlagReading {
  const { value, variant, reason = 'UNKNOWN', errorCode } = found;
  if (errorCode !== undefined) return defaultReading(flag, definition);
  // Without a variant flagd gives back the fallback, as for a flag whose state is DISABLED.
  if (variant === undefined) return { ...defaultReading(flag, definition), reason };
  return { flag, variant, value, reason, description: definition.description, isDefault: false };
}

let registered = 0;

/** Binds the provider to an OpenFeature domain of its own, so that those of the service itself stay as they are. */
async function register(
  provider: FlagdTextProvider,
  context: Readonly<Record<string, string>>,
): Promise<{ evaluate: Evaluate; release: () => Promise<void> }> {
  const { OpenFeature, NOOP_PROVIDER } = await import('@openfeature/server-sdk');
  const domain = `selfcheer/${++registered}`;
  await OpenFeature.setProviderAndWait(domain, provider);
  const client = OpenFeature.getClient(domain, context);
  const evaluate: Evaluate = (flag, fallback) => {
    if (typeof fallback === 'boolean') return client.getBooleanDetails(flag, fallback);
    if (typeof fallback === 'number') return client.getNumberDetails(flag, fallback);
    return client.getStringDetails(flag, fallback);
  };
  return { evaluate, release: () => OpenFeature.setProviderAndWait(domain, NOOP_PROVIDER) };
}

/**
 * Flags by OpenFeature from a file in flagd's format, or their defaults without one. A change of the file takes effect
 * within seconds. What the file gets wrong keeps its last good value, or its default at the start, until it is mended.
 *
 * @throws FlagsFileError when the file is not there or can't be read at the start.
 */
export async function createFlags<Definitions extends FlagDefinitions>(
  options: FlagsOptions<Definitions>,
): Promise<Flags<Definitions>> {
  const flags = new FlagSet(options);
  if (options.file !== undefined) await flags.follow(options.file);
  return flags;
}

/** A health check: degraded while the file can't be used as it is. */
export function flagsCheck(flags: Pick<Flags, 'problem' | 'list'>): CheckResult {
  const problem = flags.problem();
  if (problem !== undefined)
    return { status: 'degraded', detail: `the flags file can't be used: ${problem}` };
  const detail = flags.list().map(({ flag, variant }) => `${flag} ${variant}`);
  return { status: 'ok', detail: detail.join(', ') };
}
