import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { isHeartbeat } from '../event';
import { canonicalJson } from './canonical';
import { compileLinear } from './linear-regexp';
import { ok, orUsageError, quarantine, type ConfigOf, type Step } from './step';

const options: Options = {
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  // A payload has the members that stand in it: `toString` is not there unless someone sent it.
  ownProperties: true,
  logger: false,
  code: { regExp: Object.assign((pattern: string) => compileLinear(pattern, ''), { code: 'compileLinear' }) },
};

const draft07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const draft2020 = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/**
 * Quarantines an event whose payload does not match a JSON Schema (draft-07 or 2020-12 by its `$schema`, 2020-12
 * without one), with the JSON Pointer (RFC 6901) of the first mismatch.
 * @throws UsageError when the file can't be read or is no usable schema
 */
export function createSchema(config: ConfigOf<'schema'>, where: string, baseDir: string): Step {
  const file = resolve(baseDir, config.file);
  const validate = orUsageError(
    `${where}: can't use ${config.file}`,
    'it must be one self-contained JSON Schema, draft-07 or 2020-12, whose path counts from the configuration file',
    () => compile(JSON.parse(readFileSync(file, 'utf8'))),
  );
  const types = config.types && new Set(config.types);
  return {
    fields: [],
    run(draft) {
      if (types && !types.has(draft.event.type)) return ok;
      // No producer's schema knows our own heartbeat.
      if (isHeartbeat(draft.event)) return ok;
      const value = draft.value();
      try {
        return validate(value) ? ok : quarantine('schema', describe(validate.errors?.[0]));
      } catch (error) {
        if (error instanceof RangeError)
          return quarantine('schema', 'the payload is nested too deep to be checked');
        throw error;
      }
    },
  };
}

function compile(schema: unknown): ValidateFunction {
  const isObject = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  if (!isObject && typeof schema !== 'boolean') throw new Error('a schema is an object, true or false');
  const { $schema, $async } = (isObject ? schema : {}) as { $schema?: unknown; $async?: unknown };
  if ($async !== undefined) throw new Error('$async schemas are not supported');
  const ajv = engineFor($schema);
  addFormats(ajv);
  // Ajv's own compares every item with every other: a long list would hold up its lane.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, items: unknown[]) =>
      !unique || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  });
  return ajv.compile(schema);
}

function engineFor($schema: unknown): Ajv {
  if ($schema === undefined || (typeof $schema === 'string' && draft2020.test($schema)))
    return new Ajv2020(options);
  if (typeof $schema === 'string' && draft07.test($schema)) return new Ajv(options);
  throw new Error(`$schema ${JSON.stringify($schema)} is neither draft-07 nor 2020-12`);
}

/** Names places and rules, never values: what is quarantined may be personal. */
function describe(error: ErrorObject | undefined): string {
  if (!error) return 'the payload does not match';
  const { additionalProperty, unevaluatedProperty } = error.params as Record<string, unknown>;
  const extra = additionalProperty ?? unevaluatedProperty;
  const path = error.instancePath === '' ? 'the payload' : error.instancePath;
  return `${path} ${error.message ?? 'does not match'}${extra === undefined ? '' : `: ${JSON.stringify(extra)}`}`;
}
