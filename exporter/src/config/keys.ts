import { z } from 'zod';
import { memberOf } from './member';
import { configSchema } from './schema';

/** How the text of an environment variable becomes a value. */
export type KeyKind = 'text' | 'number' | 'boolean' | 'textList' | 'structured';

/** One leaf of the configuration, as the schema declares it. */
export interface ConfigKey {
  /** Member names from the root: `['ingest', 'limits', 'bodyBytes']`. */
  readonly path: readonly string[];
  /** The same with dots, as messages and documents show it. */
  readonly name: string;
  readonly env: string;
  readonly kind: KeyKind;
  /** What a value must be, in a few words. */
  readonly expected: string;
  readonly description: string;
  /** `undefined` when there is none. */
  readonly defaultValue: unknown;
  readonly secret: boolean;
}

/** What the loader knows about a schema node once wrappers such as `default` and `optional` are taken off. */
interface Node {
  readonly schema: z.core.$ZodType;
  readonly description: string;
  readonly hasDefault: boolean;
  readonly defaultValue: unknown;
  readonly secret: boolean;
  /** The text names a file or directory and is resolved when the configuration is loaded. */
  readonly file: boolean;
}

type Definition = z.core.$ZodTypes['_zod']['def'];

function defOf(schema: z.core.$ZodType): Definition {
  return (schema as z.core.$ZodTypes)._zod.def;
}

/** Takes off the wrappers of a schema and gathers what they say. */
export function unwrap(schema: z.core.$ZodType): Node {
  let current = schema as z.ZodType;
  let description = '';
  let hasDefault = false;
  let defaultValue: unknown;
  let secret = false;
  let file = false;
  for (;;) {
    const meta = current.meta();
    description ||= meta?.description ?? '';
    secret ||= meta?.['secret'] === true;
    file ||= meta?.['file'] === true;
    const def = defOf(current);
    if (def.type === 'default') {
      hasDefault = true;
      defaultValue = def.defaultValue;
    }
    if (def.type === 'default' || def.type === 'prefault' || def.type === 'optional') {
      current = def.innerType as z.ZodType;
    } else {
      return { schema: current, description, hasDefault, defaultValue, secret, file };
    }
  }
}

/** The members of an object schema, or `undefined` for any other. */
export function membersOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const def = defOf(unwrap(schema).schema);
  return def.type === 'object' ? def.shape : undefined;
}

/** The schema that a value at `path` must meet; unions are resolved by their discriminator in `value`. */
export function schemaAt(
  root: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = variantOf(root, value);
  let current = value;
  for (const part of path) {
    if (schema === undefined) return undefined;
    current = memberOf(current, part);
    const def = defOf(unwrap(schema).schema);
    if (def.type === 'array') schema = variantOf(def.element, current);
    else if (def.type === 'object') {
      const name = String(part);
      const member: z.core.$ZodType | undefined = Object.hasOwn(def.shape, name)
        ? def.shape[name]
        : undefined;
      schema = member && variantOf(member, current);
    } else return undefined;
  }
  return schema;
}

function variantOf(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  const def = defOf(unwrap(schema).schema);
  if (def.type !== 'union' || !('discriminator' in def)) return schema;
  const discriminator = String(def.discriminator);
  const wanted = memberOf(value, discriminator);
  const found = def.options.find((option) => {
    const member = membersOf(option)?.[discriminator];
    return member !== undefined && literalsOf(member).includes(String(wanted));
  });
  return found ?? schema;
}

/** Values of an enum or literal schema; empty for any other. */
function literalsOf(schema: z.core.$ZodType): readonly string[] {
  const def = defOf(unwrap(schema).schema);
  if (def.type === 'enum') return Object.values(def.entries).map(String);
  if (def.type === 'literal') return def.values.map(String);
  return [];
}

/** Values that choose a variant of a discriminated union, for example the kinds of steps. */
export function variantsOf(schema: z.core.$ZodType): readonly string[] {
  const def = defOf(unwrap(schema).schema);
  if (def.type !== 'union' || !('discriminator' in def)) return [];
  const discriminator = String(def.discriminator);
  return def.options.flatMap((option) => {
    const member = membersOf(option)?.[discriminator];
    return member === undefined ? [] : literalsOf(member);
  });
}

/** Every leaf of the configuration, in the order of the schema. */
export function configKeys(root: z.core.$ZodType = configSchema): readonly ConfigKey[] {
  return leaves(root, []);
}

function leaves(schema: z.core.$ZodType, path: readonly string[]): ConfigKey[] {
  const members = membersOf(schema);
  if (members !== undefined) {
    return Object.entries(members).flatMap(([member, child]) => leaves(child, [...path, member]));
  }
  const node = unwrap(schema);
  return [
    {
      path,
      name: path.join('.'),
      env: envName(path),
      kind: kindOf(node.schema),
      expected: describeType(node.schema),
      description: node.description,
      defaultValue: node.hasDefault ? node.defaultValue : undefined,
      secret: node.secret,
    },
  ];
}

/** Names that the contract gives; all others follow from the path. */
const contractNames: Readonly<Record<string, string>> = { logLevel: 'LOG_LEVEL' };

/** `ingest.mintIds` -> `SELFCHEER_INGEST_MINT_IDS`, `kafka.clientId` -> `KAFKA_CLIENT_ID`. */
export function envName(path: readonly string[]): string {
  const given = contractNames[path.join('.')];
  if (given !== undefined) return given;
  const words = path.map((part) => part.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase());
  return path[0] === 'kafka' ? words.join('_') : ['SELFCHEER', ...words].join('_');
}

function kindOf(schema: z.core.$ZodType): KeyKind {
  const def = defOf(schema);
  if (def.type === 'number') return 'number';
  if (def.type === 'boolean') return 'boolean';
  if (def.type === 'string' || def.type === 'enum') return 'text';
  if (def.type === 'array' && kindOf(unwrap(def.element).schema) === 'text') return 'textList';
  return 'structured';
}

/** What a schema accepts, in a few words. */
export function describeType(schema: z.core.$ZodType): string {
  const node = unwrap(schema).schema;
  const def = defOf(node);
  const literals = literalsOf(node);
  if (literals.length > 0) return literals.length === 1 ? `${literals[0]}` : `one of ${literals.join(', ')}`;
  if (def.type === 'number') return describeNumber(node);
  if (def.type === 'boolean') return 'true or false';
  if (def.type === 'string') return 'text';
  if (def.type === 'array') return kindOf(node) === 'textList' ? 'list of texts' : 'list';
  if (def.type === 'object' || def.type === 'record') return 'section';
  if (def.type === 'union') return [...new Set(def.options.map(describeType))].join(' or ');
  if (def.type === 'pipe') return describeType(def.in);
  return 'any JSON value';
}

/** `whole number, above 0` -> `a whole number, above 0`, for a sentence. */
export function withArticle(type: string): string {
  return /^(whole number|number|list|section)\b/.test(type) ? `a ${type}` : type;
}

function describeNumber(schema: z.core.$ZodType): string {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = z.toJSONSchema(schema, {
    io: 'input',
  });
  const bounds = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(isRealBound(minimum) ? [`at least ${minimum}`] : []),
    ...(isRealBound(maximum) ? [`at most ${maximum}`] : []),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
  return [type === 'integer' ? 'whole number' : 'number', ...bounds].join(', ');
}

/** Integers carry the range of safe integers as bounds, which tells a reader nothing. */
function isRealBound(bound: number | undefined): boolean {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}
