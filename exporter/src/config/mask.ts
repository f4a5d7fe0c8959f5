import { schemaAt, unwrap } from './keys';
import { configSchema, type Config } from './schema';

/** A copy of the configuration that may be shown: every secret reads `(secret)`. */
export function maskSecrets(config: Config): unknown {
  return mask(config, [], config);
}

function mask(value: unknown, path: readonly PropertyKey[], root: Config): unknown {
  const schema = schemaAt(configSchema, root, path);
  if (schema !== undefined && unwrap(schema).secret && value !== undefined) return '(secret)';
  if (Array.isArray(value)) return value.map((item, index) => mask(item, [...path, index], root));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mask(item, [...path, name], root)]),
  );
}
