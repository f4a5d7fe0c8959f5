import { z } from 'zod';
import { configKeys, describeType, membersOf, schemaAt, unwrap, variantsOf, withArticle } from './keys';
import { memberOf } from './member';
import { nearest, suggestion } from './nearest';
import type { ConfigProblem, Origin } from './origin';
import { configSchema } from './schema';

type Issue = z.core.$ZodIssue;
type OriginOf = (path: readonly PropertyKey[]) => Origin;

/** Turns what zod found into sentences: where, which value, what is expected, and where it was set. */
export function explain(issues: readonly Issue[], values: unknown, originOf: OriginOf): ConfigProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(issue.path, key, values, originOf))
      : [wrongValue(issue, values, originOf)],
  );
}

/** A tenant's name that zod would leave out without a word, and the quota with it. */
export function unusableNames(values: unknown, originOf: OriginOf): ConfigProblem[] {
  const path = ['tenants', '__proto__'];
  if (path.reduce(memberOf, values) === undefined) return [];
  return [
    {
      path: pathText(path),
      says: 'is a name that can not be used: choose another',
      origin: originOf(path),
    },
  ];
}

function unknownKey(
  at: readonly PropertyKey[],
  key: string,
  values: unknown,
  originOf: OriginOf,
): ConfigProblem {
  const path = [...at, key];
  const schema = schemaAt(configSchema, values, at);
  const siblings = Object.keys((schema && membersOf(schema)) ?? {});
  const prefix = at.length === 0 ? '' : `${pathText(at)}.`;
  const near = nearest(key, siblings);
  const here = near === undefined ? '' : `; did you mean ${prefix}${near}?`;
  // The right name in the wrong section: `mintIds` on the top level is meant for `ingest.mintIds`.
  const elsewhere = configKeys().find((known) => known.path.at(-1)?.toLowerCase() === key.toLowerCase());
  const meant = here === '' && elsewhere !== undefined ? `; did you mean ${elsewhere.name}?` : here;
  return { path: pathText(path), says: `is no setting${meant}`, origin: originOf(path) };
}

function wrongValue(issue: Issue, values: unknown, originOf: OriginOf): ConfigProblem {
  const { path } = issue;
  const schema = schemaAt(configSchema, values, path);
  const value = path.reduce(memberOf, values);
  const expected = expectation(issue, path, schema, values);
  // What clashes with another setting may be a default.
  const missing = value === undefined && issue.code !== 'custom';
  return {
    path: pathText(path),
    ...(value !== undefined && { value: shown(value, schema) }),
    says: missing ? `is missing: ${expected.replace(/^must be /, '')}${orVariable(path)}` : expected,
    origin: originOf(path),
  };
}

function orVariable(path: readonly PropertyKey[]): string {
  const key = configKeys().find(({ name }) => name === pathText(path));
  return key === undefined ? '' : `; set it in the file or as ${key.env}`;
}

function expectation(
  issue: Issue,
  path: readonly PropertyKey[],
  schema: z.core.$ZodType | undefined,
  values: unknown,
): string {
  if (issue.code === 'invalid_union' && issue.path.at(-1) !== undefined) {
    const parent = schemaAt(configSchema, values, path.slice(0, -1));
    const variants = parent === undefined ? [] : variantsOf(parent);
    if (variants.length > 0)
      return `must be one of ${variants.join(', ')}${nearVariant(path, values, variants)}`;
  }
  if (issue.code === 'invalid_format' || issue.code === 'custom') return issue.message;
  if (issue.code === 'too_small' && issue.origin === 'string') {
    return issue.minimum === 1 ? 'must not be empty' : issue.message;
  }
  if (issue.code === 'too_small' && issue.origin === 'array') return 'must have at least one item';
  if (schema === undefined) return issue.message;
  // A number where a text with a pattern belongs, as in `http: 8080`: the pattern says more than "text".
  const value = path.reduce(memberOf, values);
  const [format] = typeof value === 'number' ? (z.safeParse(schema, String(value)).error?.issues ?? []) : [];
  if (format?.code === 'invalid_format') return format.message;
  return `must be ${withArticle(describeType(schema))}`;
}

function nearVariant(path: readonly PropertyKey[], values: unknown, variants: readonly string[]): string {
  const value = path.reduce(memberOf, values);
  return typeof value === 'string' ? suggestion(value, variants) : '';
}

/** The value as JSON, short, and never one that is or may hold a secret. */
function shown(value: unknown, schema: z.core.$ZodType | undefined): string {
  if (schema !== undefined && unwrap(schema).secret) return '(secret)';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a section';
  // Credentials in a URL, even in one that can't be parsed for them.
  const text = JSON.stringify(value).replace(/\/\/.*@/, '//(secret)@');
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}

/** `['enrich', 0, 'step']` -> `enrich[0].step`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
