import type { StepConfig } from '../config/steps';
import { messageOf, UsageError } from '../errors';
import type { EnrichOutcome, Enricher, StoredEvent } from '../event';
import { Draft } from './draft';
import { createDrop, createHash, createRedact, createRename } from './edits';
import { createExpression } from './expression';
import { createFingerprint, createLateness, createNormalize, createSet } from './facts';
import { createSchema } from './schema';
import { quarantine, type Step, type StepOutcome } from './step';
import { createTable } from './table';

export interface EnricherOptions {
  /** Directory that the paths of schema and table files count from: that of the configuration file. */
  readonly baseDir: string;
  /** Monotonic milliseconds; bounds expressions. */
  readonly clock?: () => number;
}

interface NamedStep extends Step {
  readonly name: string;
}

/**
 * Builds the chain: reads every file and compiles every expression, so that nothing can be missing later.
 * Same event and same steps give the same bytes. Without an `expression` step it answers at once, without a promise.
 * @throws UsageError with the number of the step that can't be used, and what to do
 */
export function createEnricher(steps: readonly StepConfig[], options: EnricherOptions): Enricher {
  const chain = steps.map((config, index): NamedStep => {
    const severalOfKind = steps.filter(({ step }) => step === config.step).length > 1;
    const name = config.name ?? (severalOfKind ? `${config.step}-${index + 1}` : config.step);
    return { name, ...createStep(config, `enrich step ${index + 1} (${name})`, options) };
  });
  refuseFieldsWrittenTwice(chain);
  return { enrich: (event) => runChain(chain, event) };
}

function createStep(config: StepConfig, where: string, { baseDir, clock }: EnricherOptions): Step {
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
      return createExpression(config, where, clock ?? (() => performance.now()));
    case 'schema':
      return createSchema(config, where, baseDir);
    case 'table':
      return createTable(config, where, baseDir);
  }
}

/** A field that stood twice in one object would be read differently by different consumers. */
function refuseFieldsWrittenTwice(chain: readonly NamedStep[]): void {
  const writers = new Map<string, string>();
  chain.forEach(({ name, fields }, index) => {
    const writer = `step ${index + 1} (${name})`;
    for (const field of fields) {
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
function runChain(chain: readonly NamedStep[], event: StoredEvent): EnrichOutcome | Promise<EnrichOutcome> {
  const draft = new Draft(event);
  for (let index = 0; index < chain.length; index++) {
    const step = chain[index] as NamedStep;
    let outcome: StepOutcome;
    try {
      const result = step.run(draft);
      if (result instanceof Promise) return continueChain(chain, index, draft, result);
      outcome = result;
    } catch (error) {
      outcome = bug(error);
    }
    if (outcome.outcome !== 'ok') return ended(step, outcome);
  }
  return finished(draft);
}

async function continueChain(
  chain: readonly NamedStep[],
  from: number,
  draft: Draft,
  pending: Promise<StepOutcome>,
): Promise<EnrichOutcome> {
  let result: StepOutcome | Promise<StepOutcome> = pending;
  for (let index = from; ;) {
    let outcome: StepOutcome;
    try {
      outcome = await result;
      if (outcome.outcome === 'ok' && index + 1 < chain.length) {
        index++;
        result = (chain[index] as NamedStep).run(draft);
        continue;
      }
    } catch (error) {
      outcome = bug(error);
    }
    return outcome.outcome === 'ok' ? finished(draft) : ended(chain[index] as NamedStep, outcome);
  }
}

function finished(draft: Draft): EnrichOutcome {
  return { outcome: 'ok', payload: draft.payload, enriched: Buffer.from(draft.enriched()) };
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
