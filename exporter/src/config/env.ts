import { parse as parseYaml } from 'yaml';
import { messageOf } from '../errors';
import { withArticle, type ConfigKey } from './keys';
import { nearest } from './nearest';
import type { ConfigProblem } from './origin';

export interface EnvReading {
  readonly values: readonly { readonly key: ConfigKey; readonly value: unknown }[];
  readonly problems: readonly ConfigProblem[];
  /** Variables that look like a mistyped name but may belong to another program. */
  readonly warnings: readonly string[];
}

/** Variables that start with SELFCHEER_ and are read elsewhere. */
const otherVariables: ReadonlySet<string> = new Set(['SELFCHEER_API_KEY']);

/**
 * Kubernetes gives every pod the address of each Service as variables (`SELFCHEER_SERVICE_HOST`,
 * `SELFCHEER_PORT_8080_TCP_ADDR`, …): a Service named selfcheer must not keep the process from starting.
 */
const serviceLink =
  /^SELFCHEER(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;

/**
 * Reads every variable that names a key. An empty value counts as not set, as in the OpenTelemetry specification,
 * so that `KAFKA_BROKERS=${KAFKA_BROKERS:-}` in a compose file means what it looks like.
 */
export function readEnvironment(
  keys: readonly ConfigKey[],
  env: Readonly<Record<string, string | undefined>>,
): EnvReading {
  const byName = new Map(keys.map((key) => [key.env, key]));
  const values: { key: ConfigKey; value: unknown }[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || text.trim() === '') continue;
    const key = byName.get(variable);
    if (key !== undefined) {
      const reading = readValue(key, text.trim());
      if ('problem' in reading) problems.push(reading.problem);
      else values.push({ key, value: reading.value });
    } else if (variable.startsWith('SELFCHEER_')) {
      if (!otherVariables.has(variable) && !serviceLink.test(variable)) {
        problems.push({
          path: variable,
          says: `is no setting${variableSuggestion(variable, [...byName.keys()])}`,
        });
      }
    } else if (variable.startsWith('KAFKA_')) {
      const bare = (name: string): string => name.slice('KAFKA_'.length);
      const near = nearest(
        bare(variable),
        [...byName.keys()].filter((name) => name.startsWith('KAFKA_')).map(bare),
      );
      const meant = near === undefined ? undefined : `KAFKA_${near}`;
      if (meant !== undefined) warnings.push(`${variable} is not used; did you mean ${meant}?`);
    }
  }
  return { values, problems, warnings };
}

/** Compared without the common prefix, so that SELFCHEER_LOG_LEVEL finds LOG_LEVEL and SELFCHEER_X finds nothing. */
function variableSuggestion(variable: string, known: readonly string[]): string {
  const bare = (name: string): string => name.replace(/^SELFCHEER_/, '');
  const meant = nearest(bare(variable), known.map(bare));
  const name = known.find((candidate) => bare(candidate) === meant);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

type Reading = { readonly value: unknown } | { readonly problem: ConfigProblem };

/** A text that does not fit the kind is passed on as it is: the schema then says what it should have been. */
function readValue(key: ConfigKey, text: string): Reading {
  switch (key.kind) {
    case 'text':
      return { value: text };
    case 'number':
      return { value: Number.isFinite(Number(text)) ? Number(text) : text };
    case 'boolean':
      return { value: readBoolean(text) };
    case 'textList':
      return text.startsWith('[') ? readStructure(key, text) : { value: splitList(text) };
    case 'structured':
      return readStructure(key, text);
  }
}

function readBoolean(text: string): boolean | string {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === '1') return true;
  if (lower === 'false' || lower === '0') return false;
  return text;
}

/** A comma too many is forgiven; commas alone are a list of one empty item, which the schema refuses. */
function splitList(text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length === 0 ? [''] : items;
}

function readStructure(key: ConfigKey, text: string): Reading {
  try {
    return { value: parseYaml(text) as unknown };
  } catch (error) {
    // Only the first sentence of yaml's message: the rest repeats the text, which may hold a secret.
    const reason = messageOf(error).replace(/ at line .*$/s, '');
    const problem: ConfigProblem = {
      path: key.name,
      says: `must be ${withArticle(key.expected)} as JSON or YAML: ${reason}`,
      origin: { kind: 'env', variable: key.env },
    };
    return { problem };
  }
}
