import type { ResilienceEvent } from '@selfcheer/cheer-kit';
import { stepNames, type StepConfig } from '../config/steps';
import { messageOf, UsageError } from '../errors';
import type { EnrichOutcome, Enricher, StepRunner, StoredEvent } from '../event';
import { Draft } from './draft';
import { createDrop, createHash, createRedact, createRename } from './edits';
import { createExpression } from './expression';
import { createFingerprint, createLateness, createNormalize, createSet } from './facts';
import { Lookup, type LookupOptions } from './lookup/lookup';
import { createSchema } from './schema';
import { quarantine, type Step, type StepOutcome } from './step';
import { createTable } from './table';

export interface EnricherOptions {
  /** Directory that the paths of schema and table files count from: that of the configuration file. */
  readonly baseDir: string;
  /** Monotonic milliseconds; bounds expressions and ages answers of look-ups. */
  readonly clock?: () => number;
  /** Finds the addresses of look-ups; their hosts as they stand in the URL when absent. */
  readonly resolver?: NonNullable<LookupOptions['resolver']>;
  /** Told of every attempt of a look-up and every change of its breaker. */
  readonly observe?: (event: ResilienceEvent) => void;
}

/** A chain that may hold connections open. */
export interface EnrichChain extends Enricher {
  /** Whether its outcomes may have something to freeze. */
  readonly freezes: boolean;
  /** Ends what is under way; what is still being enriched then comes out as `retry`. */
  close(): void;
}

interface NamedStep {
  readonly name: string;
  readonly step: Step;
}

/**
 * Builds the chain: reads every file and compiles every expression, so that nothing can be missing later.
 * Same event and same steps give the same bytes. Without an `expression` step it answers at once, without a promise;
 * so does a `lookup` step that knows the answer.
 * @throws UsageError with the number of the step that can't be used, and what to do
 */
export function createEnricher(steps: readonly StepConfig[], options: EnricherOptions): EnrichChain {
  const names = stepNames(steps);
  refuseOneNameForTwo(steps, names);
  const chain = steps.map((config, index): NamedStep => {
    const name = names[index] as string;
    return { name, step: createStep(config, name, `enrich step ${index + 1} (${name})`, options) };
  });
  refuseFieldsWrittenTwice(chain);
  return {
    enrich: (event, waits, steps) => runChain(chain, event, waits, steps),
    freezes: steps.some(({ step }) => step === 'lookup'),
    close: () => chain.forEach(({ step }) => step.close?.()),
  };
}

function createStep(config: StepConfig, name: string, where: string, options: EnricherOptions): Step {
  const { baseDir, clock = () => performance.now(), resolver, observe } = options;
  switch (config.step) {
    case 'normalize':
      return createNormalize();
    case 'set':
      return createSet(config);
    case 'rename':
      return createRename(config);
    case 'drop':
      return createDrop(config);
    case 'redact':
      return createRedact(config);
    case 'hash':
      return createHash(config);
    case 'fingerprint':
      return createFingerprint();
    case 'lateness':
      return createLateness();
    case 'expression':
      return createExpression(config, where, clock);
    case 'schema':
      return createSchema(config, where, baseDir);
    case 'table':
      return createTable(config, where, baseDir);
    case 'lookup':
      return new Lookup(config, { name, clock, resolver, observe });
  }
}

/** What was stored for one look-up must not be taken for what another found, nor their figures be mixed. */
function refuseOneNameForTwo(steps: readonly StepConfig[], names: readonly string[]): void {
  steps.forEach(({ step }, index) => {
    const name = names[index] as string;
    if (step === 'lookup' && names.indexOf(name) !== names.lastIndexOf(name)) {
      throw new UsageError(`two enrich steps are named "${name}"; a lookup needs a name of its own`);
    }
  });
}

/** A field that stood twice in one object would be read differently by different consumers. */
function refuseFieldsWrittenTwice(chain: readonly NamedStep[]): void {
  const writers = new Map<string, string>();
  chain.forEach(({ name, step }, index) => {
    const writer = `step ${index + 1} (${name})`;
    for (const field of step.fields) {
      const earlier = writers.get(field);
      if (earlier) {
        throw new UsageError(
          `enrich ${writer} writes the field "${field}", as does ${earlier}; give one of them another`,
        );
      }
      writers.set(field, writer);
    }
  });
}

/** Stays synchronous up to the first step that is not: most chains have none. */
function runChain(
  chain: readonly NamedStep[],
  event: StoredEvent,
  waits: ((detail: string) => void) | undefined,
  steps: StepRunner | undefined,
): EnrichOutcome | Promise<EnrichOutcome> {
  const draft = new Draft(event, waits);
  for (let index = 0; index < chain.length; index++) {
    const link = chain[index] as NamedStep;
    let outcome: StepOutcome;
    try {
      const result = runStep(link, draft, steps);
      if (result instanceof Promise) return continueChain(chain, index, draft, result, steps);
      outcome = result;
    } catch (error) {
      outcome = bug(error);
    }
    if (outcome.outcome !== 'ok') return ended(link, outcome);
  }
  return finished(draft);
}

function runStep(
  { name, step }: NamedStep,
  draft: Draft,
  steps: StepRunner | undefined,
): ReturnType<Step['run']> {
  return steps ? steps.run(name, () => step.run(draft)) : step.run(draft);
}

async function continueChain(
  chain: readonly NamedStep[],
  from: number,
  draft: Draft,
  pending: Promise<StepOutcome>,
  steps: StepRunner | undefined,
): Promise<EnrichOutcome> {
  let result: StepOutcome | Promise<StepOutcome> = pending;
  for (let index = from; ;) {
    let outcome: StepOutcome;
    try {
      outcome = await result;
      if (outcome.outcome === 'ok' && index + 1 < chain.length) {
        index++;
        result = runStep(chain[index] as NamedStep, draft, steps);
        continue;
      }
    } catch (error) {
      outcome = bug(error);
    }
    return outcome.outcome === 'ok' ? finished(draft) : ended(chain[index] as NamedStep, outcome);
  }
}

function finished(draft: Draft): EnrichOutcome {
  const enriched = Buffer.from(draft.enriched());
  const freeze = draft.news();
  const { payload } = draft;
  return freeze === undefined
    ? { outcome: 'ok', payload, enriched }
    : { outcome: 'ok', payload, enriched, freeze };
}

/** Steps return what they decide; what they throw is a fault of ours and costs this one event, never its batch. */
function bug(error: unknown): StepOutcome {
  return quarantine('bug', messageOf(error));
}

function ended(step: NamedStep, outcome: Exclude<StepOutcome, { outcome: 'ok' }>): EnrichOutcome {
  switch (outcome.outcome) {
    case 'drop':
      return { outcome: 'drop', step: step.name };
    case 'quarantine':
      return {
        outcome: 'quarantine',
        verdict: { reason: outcome.reason, step: step.name, detail: outcome.detail },
      };
    case 'retry':
      return { outcome: 'retry', step: step.name, detail: outcome.detail };
  }
}
