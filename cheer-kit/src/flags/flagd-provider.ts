import type * as flagdCore from '@openfeature/flagd-core';
import type {
  EvaluationContext,
  JsonValue,
  Logger,
  Provider,
  ResolutionDetails,
} from '@openfeature/server-sdk';

/** What flagd's core would log comes back as the result of an evaluation, or as an error. */
const silent: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/**
 * OpenFeature's view of one text in flagd's format (flagd.dev/reference/flag-definitions), evaluated in this process by
 * flagd's own core. A text is taken as a whole or not at all. See docs/decisions on why not flagd's file mode.
 */
export class FlagdTextProvider implements Provider {
  readonly metadata = { name: 'flagd-file' } as const;
  readonly runsOn = 'server';
  private core: flagdCore.FlagdCore;

  constructor(private readonly flagd: typeof flagdCore) {
    this.core = new flagd.FlagdCore(undefined, silent);
  }

  /** @throws Error when the text does not meet flagd's schema; then the one before stays. */
  adopt(text: string): void {
    const storage = new this.flagd.MemoryStorage(silent);
    storage.setConfigurations(text, true);
    this.core = new this.flagd.FlagdCore(storage, silent);
  }

  /** Names of all flags in the text. */
  names(): string[] {
    return [...this.core.getFlags().keys()];
  }

  resolveBooleanEvaluation(
    flag: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(this.core.resolveBooleanEvaluation(flag, fallback, context, silent));
  }

  resolveNumberEvaluation(
    flag: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return Promise.resolve(this.core.resolveNumberEvaluation(flag, fallback, context, silent));
  }

  resolveStringEvaluation(
    flag: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return Promise.resolve(this.core.resolveStringEvaluation(flag, fallback, context, silent));
  }

  resolveObjectEvaluation<T extends JsonValue>(
    flag: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.core.resolveObjectEvaluation(flag, fallback, context, silent));
  }
}
