import { types } from 'node:util';
import pino from 'pino';
import { mask, redactText } from './redact-text';

const secretName = new RegExp(
  'authorization|cookie|api[-_]?key|secret|passw(or)?d|^pass$|^pwd$|passphrase|credential|tokens?$|signature$' +
    '|(private|access|account|shared|signing|encryption|master)[-_]?key|session[-_]?id|^jwt$|^auth$|^sasl$|^keys?$' +
    '|^payload$|^(raw)?[-_]?body$',
  'i',
);
const deepest = 8;
/** Members of one entry in all: what hangs on a foreign error can reach half of the process. */
const mostMembers = 1_000;
/** What is worth a line of a request, an answer, a socket or anything else that emits events. */
const ofEmitters = ['method', 'url', 'path', 'host', 'statusCode', 'headers'];

interface Walk {
  readonly above: Set<object>;
  left: number;
}

/**
 * A copy of a log entry without secrets: members whose name says that they hold one (authorization, cookies, keys,
 * tokens, passwords, bodies, payloads) at any depth and in any case, the same in lists of names and values such as
 * `rawHeaders`, the `data` beside `headers`, and credentials inside text (`redactText`). Errors come out as plain
 * objects with the messages of their causes, and what was attached to them redacted too; of requests, answers and
 * sockets a few facts are left. At most 8 levels and 1,000 members. Never throws.
 */
export function redact(value: unknown): unknown {
  return copy(value, { above: new Set(), left: mostMembers });
}

function copy(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (types.isDate(value)) return value;
  if (walk.above.has(value)) return '[circular]';
  if (walk.above.size >= deepest) return '[too deep]';
  walk.above.add(value);
  try {
    return Array.isArray(value) ? items(value, walk) : members(plain(value), walk);
  } catch {
    return '[could not be read]';
  } finally {
    walk.above.delete(value);
  }
}

function items(list: readonly unknown[], walk: Walk): unknown[] {
  const result: unknown[] = [];
  for (const [index, item] of list.entries()) {
    if (walk.left-- <= 0) return [...result, `[${list.length - index} more]`];
    const name = list[index - 1];
    result.push(typeof name === 'string' && isSecret(name, item) ? mask : copy(item, walk));
  }
  return result;
}

function members(object: object, walk: Walk): object {
  const entries: [string, unknown][] = [];
  // Of HTTP clients' errors: what was sent and what was answered.
  const body = 'headers' in object ? 'data' : undefined;
  for (const name of Object.keys(object)) {
    if (walk.left-- <= 0) {
      entries.push(['more', '[left out]']);
      break;
    }
    entries.push([name, member(object, name, body, walk)]);
  }
  return Object.fromEntries(entries);
}

function member(object: object, name: string, body: string | undefined, walk: Walk): unknown {
  try {
    const value: unknown = Reflect.get(object, name);
    return isSecret(name, value) || (name === body && value !== undefined) ? mask : copy(value, walk);
  } catch {
    return '[could not be read]';
  }
}

/** Whether there is a secret or not may be told. */
function isSecret(name: string, value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'boolean' && secretName.test(name);
}

function plain(value: object): object {
  if (value instanceof Error || types.isNativeError(value)) return plainError(value);
  if (!('on' in value) || typeof value.on !== 'function') return value;
  const facts = ofEmitters.filter((name) => name in value);
  return {
    type: value.constructor.name,
    ...Object.fromEntries(facts.map((name) => [name, Reflect.get(value, name)])),
  };
}

function plainError(error: Error): object {
  // It marks the error while it is at it, which can't be done to one that is frozen.
  if (Object.isExtensible(error)) return pino.stdSerializers.err(error);
  const { name, message, stack } = error;
  return { ...error, type: name, message, stack };
}
