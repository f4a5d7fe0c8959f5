import { z } from 'zod';

/**
 * Where a value is inside the payload, as its member names and item numbers from the outside in: `["user","email"]`,
 * or `user.email` for short. `*` stands for every member or item; a name that holds a dot needs the list form.
 */
const path = z
  .union([z.string().transform((text) => text.split('.')), z.array(z.string())])
  .refine(
    (parts) => parts.length > 0 && !parts.includes(''),
    'names nothing, or has an empty part between its dots',
  );
const field = z
  .string()
  .min(1)
  .refine((text) => text !== '__proto__', 'can not be a field: many consumers would misread it');
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
      types: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Only events of these types; default: all'),
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
      key: path
        .refine((parts) => !parts.includes('*'), 'must lead to one value: write it without *')
        .describe('Payload value to look up'),
      column: z
        .string()
        .min(1)
        .optional()
        .describe('Column that holds the key; not for a .json object by key'),
      field: field.describe('Receives the row without its key column, or null when there is none'),
    })
    .describe('Adds a row of a local table, read once at start'),
]);

export type StepConfig = z.infer<typeof stepSchema>;
