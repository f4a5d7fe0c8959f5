import { types } from 'node:util';
import pino from 'pino';
import { mask, redactText } from './redact-text';

const secretName = new RegExp(
  'authorization|cookie|api[-_]?key|secret|passw(or)?d|passphrase|credential|tokens?([-_]?value)?$|signature$|^sig$' +
    '|(private|access|account|shared|signing|encryption|master)[-_]?key|session[-_]?id|^jwt$|^auth$|^sasl$|^keys?$' +
    '|(^|[-_.])(pass|pwd|otp|pin|payload|(raw)?[-_]?body)$',
  'i',
);
/** The short ones as the last word in camel case: `dbPass`, not `bypass`. */
const secretEnd = /[a-z\d](Pass|Pwd|Otp|Pin|Payload|Body)$/;
/** Beside a `value`, these members tell what it is of. */
const namesOfValues = ['name', 'key', 'header', 'field'];
/** Stands where a getter or a trap threw. */
export const unreadable = '[could not be read]';
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
 * `rawHeaders`, the `value` beside such a `name`, the `data` beside `headers`, and credentials inside text
 * (`redactText`). Errors come out as plain objects with the messages of their causes, and what was attached to them
 * redacted too; of requests, answers and sockets a few facts are left. Functions are left out: a `toJSON` would bring
 * back what was masked. At most 8 levels and 1,000 members. Never throws.
 */
export function redact(value: unknown): unknown {
  return copy(value, { above: new Set(), left: mostMembers });
}

function copy(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (types.isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (walk.above.has(value)) return '[circular]';
  if (walk.above.size >= deepest) return '[too deep]';
  walk.above.add(value);
  try {
    return Array.isArray(value) ? items(value, walk) : members(plain(value), walk);
  } catch {
    return unreadable;
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
  // `data` is of HTTP clients' errors: what was sent and what was answered.
  const body = 'headers' in object ? 'data' : hasSecretName(object) ? 'value' : undefined;
  for (const name of Object.keys(object)) {
    if (walk.left-- <= 0) {
      entries.push(['more', '[left out]']);
      break;
    }
    const value = member(object, name, body, walk);
    // One that is there, though undefined, would hide a method of all objects.
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

function member(object: object, name: string, body: string | undefined, walk: Walk): unknown {
  try {
    const value: unknown = Reflect.get(object, name);
    return isSecret(name, value) || (name === body && value !== undefined) ? mask : copy(value, walk);
  } catch {
    return unreadable;
  }
}

/** Whether there is a secret or not may be told. */
function isSecret(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false;
  return secretName.test(name) || secretEnd.test(name);
}

function hasSecretName(object: object): boolean {
  if (!('value' in object)) return false;
  return namesOfValues.some((member) => {
    const name: unknown = Reflect.get(object, member);
    return typeof name === 'string' && isSecret(name, name);
  });
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
