import { resolve } from 'node:path';
import { UsageError } from '../errors';
import { readEnvironment } from './env';
import { explain, pathText, unusableNames } from './explain';
import { readConfigFile, type ConfigFile } from './file';
import { configKeys, membersOf, schemaAt, unwrap } from './keys';
import { memberOf } from './member';
import { problemText, type Origin } from './origin';
import { configSchema, type Config } from './schema';

export interface LoadOptions {
  /** The file to read; `selfcheer.yaml` of `cwd`, if there is one, when absent. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the file is looked for and what paths from the environment and defaults are relative to. */
  readonly cwd: string;
}

export interface LoadedConfig {
  /** Deeply frozen; paths are absolute. */
  readonly config: Config;
  /** Where each key's value came from, by dotted name, in the order of the schema. */
  readonly sources: ReadonlyMap<string, Origin>;
  /** Absolute path of the file that was read. */
  readonly file: string | undefined;
  /** Sentences about variables that look like a mistyped name but may belong to another program. */
  readonly warnings: readonly string[];
}

/**
 * The configuration from defaults, file and environment, each overriding the one before it. Relative paths are
 * taken from where they are written: the file's directory, or `cwd`.
 * @throws UsageError that lists every problem with path, value, what is expected and where it was set.
 */
export function loadConfig({ file: named, env, cwd }: LoadOptions): LoadedConfig {
  const keys = configKeys();
  const file = readConfigFile(named, cwd);
  const environment = readEnvironment(keys, env);
  const values = withoutEmptySections(file?.values ?? {}) as Record<string, unknown>;
  const fromEnv = new Map<string, Origin>();
  for (const { key, value } of environment.values) {
    if (setAt(values, key.path, value)) fromEnv.set(key.name, { kind: 'env', variable: key.env });
  }
  const originOf = (path: readonly PropertyKey[]): Origin => findOrigin(path, fromEnv, file);

  const parsed = configSchema.safeParse(values);
  const problems = [
    ...(parsed.success ? [] : explain(parsed.error.issues, values, originOf)),
    ...unusableNames(values, originOf),
    ...environment.problems,
  ];
  if (!parsed.success || problems.length > 0) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    const lines = problems.map((problem) => `  ${problemText(problem)}`);
    throw new UsageError([`The configuration can't be used (${count}):`, ...lines].join('\n'));
  }
  const baseOf = (path: readonly PropertyKey[]): string =>
    originOf(path).kind === 'file' && file !== undefined ? file.directory : cwd;
  const config = freeze(resolvePaths(parsed.data, [], parsed.data, baseOf)) as Config;
  const sources = new Map(keys.map((key) => [key.name, sourceOf(key.path, values, originOf)]));
  return { config, sources, file: file?.path, warnings: environment.warnings };
}

/** A section whose lines are all comments is null in YAML; it means the same as no section. */
function withoutEmptySections(values: unknown, path: readonly string[] = []): unknown {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return values;
  const cleaned: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values as Record<string, unknown>)) {
    const at = [...path, name];
    if (!isSection(at)) define(cleaned, name, value);
    else if (value !== null) cleaned[name] = withoutEmptySections(value, at);
  }
  return cleaned;
}

/** Also for the name `__proto__`, which an assignment would swallow before it can be refused. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

function isSection(path: readonly string[]): boolean {
  const schema = schemaAt(configSchema, undefined, path);
  return schema !== undefined && membersOf(schema) !== undefined;
}

/** False when something that is no section stands in the way; the schema then reports that. */
function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  let current = target;
  for (const part of path.slice(0, -1)) {
    current[part] ??= {};
    const next = current[part];
    if (typeof next !== 'object' || next === null || Array.isArray(next)) return false;
    current = next as Record<string, unknown>;
  }
  current[path.at(-1) as string] = value;
  return true;
}

function findOrigin(
  path: readonly PropertyKey[],
  fromEnv: ReadonlyMap<string, Origin>,
  file: ConfigFile | undefined,
): Origin {
  for (let length = path.length; length > 0; length -= 1) {
    const origin = fromEnv.get(pathText(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  const inFile =
    file !== undefined && path.length > 0 && memberOf(file.values, path[0] as PropertyKey) !== undefined;
  return inFile ? file.originOf(path) : { kind: 'default' };
}

function sourceOf(
  path: readonly string[],
  values: unknown,
  originOf: (path: readonly string[]) => Origin,
): Origin {
  return path.reduce<unknown>(memberOf, values) === undefined ? { kind: 'default' } : originOf(path);
}

function resolvePaths(
  value: unknown,
  path: readonly PropertyKey[],
  root: Config,
  baseOf: (path: readonly PropertyKey[]) => string,
): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => resolvePaths(item, [...path, index], root, baseOf));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, item]) => [name, resolvePaths(item, [...path, name], root, baseOf)]),
    );
  }
  if (typeof value !== 'string') return value;
  const schema = schemaAt(configSchema, root, path);
  return schema !== undefined && unwrap(schema).file ? resolve(baseOf(path), value) : value;
}

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
