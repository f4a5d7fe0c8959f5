import { z } from 'zod';
import { lookupStep } from './lookup-step';
import { field, path, singlePath, types } from './step-values';

const name = z
  .string()
  .min(1)
  .optional()
  .describe(
    'Shown in spans and quarantine; default: the kind of step, with its number when there are several',
  );

/**
 * Enrichment steps, in the order in which they run; each sees the payload as the ones before left it. Every step adds
 * to `enriched`; the payload stays as it came, byte for byte, save where `rename`, `drop`, `redact` or `hash` say otherwise.
 */
export const stepSchema = z.discriminatedUnion('step', [
  z
    .strictObject({ step: z.literal('normalize'), name })
    .describe('Adds `time` (event time as RFC 3339) and `payload_bytes`'),
  z.strictObject({ step: z.literal('set'), name, field, value: z.json() }).describe('Adds a constant'),
  z
    .strictObject({
      step: z.literal('rename'),
      name,
      from: path.refine((parts) => parts.at(-1) !== '*', 'must end in the name of one member'),
      to: z
        .string()
        .min(1)
        .describe('The new name inside the same object; replaces a member that has it already'),
    })
    .refine((step) => step.from.at(-1) !== step.to, {
      path: ['to'],
      message: 'is the name that it has already',
    })
    .describe('Renames a member of the payload'),
  z.strictObject({ step: z.literal('drop'), name, paths: z.array(path).min(1) }).describe('Removes values'),
  z
    .strictObject({
      step: z.literal('redact'),
      name,
      paths: z.array(path).min(1),
      with: z.string().default('[redacted]'),
    })
    .describe('Replaces values, whatever they are, by one text'),
  z
    .strictObject({
      step: z.literal('hash'),
      name,
      paths: z.array(path).min(1),
      salt: z
        .string()
        .min(16, 'needs at least 16 characters, or the values can be guessed: openssl rand -hex 16')
        .meta({ secret: true }),
    })
    .describe('Replaces personal data by its HMAC-SHA256, which stays joinable; null stays null'),
  z
    .strictObject({ step: z.literal('fingerprint'), name })
    .describe('Adds `fingerprint`, the SHA-256 of the payload'),
  z
    .strictObject({ step: z.literal('lateness'), name })
    .describe('Adds `lateness_ms`, milliseconds from event time to acceptance'),
  z
    .strictObject({ step: z.literal('expression'), name, field, expression: z.string().min(1) })
    .describe('Adds the result of a JSONata expression over the payload, with $event and $enriched'),
  z
    .strictObject({
      step: z.literal('schema'),
      name,
      file: z.string().min(1).describe('JSON Schema, draft-07 or 2020-12').meta({ file: true }),
      types,
    })
    .describe('Quarantines an event whose payload does not match'),
  z
    .strictObject({
      step: z.literal('table'),
      name,
      file: z
        .string()
        .min(1)
        .describe('.csv with a header line, or .json: a list of objects, or an object by key')
        .meta({ file: true }),
      key: singlePath.describe('Payload value to look up'),
      column: z
        .string()
        .min(1)
        .optional()
        .describe('Column that holds the key; not for a .json object by key'),
      field: field.describe('Receives the row without its key column, or null when there is none'),
    })
    .describe('Adds a row of a local table, read once at start'),
  lookupStep,
]);

export type StepConfig = z.infer<typeof stepSchema>;

/** The names of the steps, in their order: as configured, or the kind, with its number when there are several. */
export function stepNames(steps: readonly StepConfig[]): string[] {
  return steps.map(({ step, name }, index) => {
    if (name !== undefined) return name;
    return steps.filter((other) => other.step === step).length > 1 ? `${step}-${index + 1}` : step;
  });
}

/** The names of what is called over HTTP: a closed list, labels of metrics. */
export function lookupNames(steps: readonly StepConfig[]): string[] {
  return stepNames(steps).filter((_, index) => steps[index]?.step === 'lookup');
}
