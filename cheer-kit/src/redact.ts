import pino from 'pino';

const secretName =
  /^(proxy-)?authorization$|cookie|api[-_]?key|secret|passw(or)?d|passphrase|credential|private[-_]?key|token$|^payload$|^sasl$|^keys?$/i;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{16,}/gi;
const inQuery = /([?&](?:[\w-]*(?:token|key|secret|password|signature))=)[^&\s"']+/gi;
const inUserinfo = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s/@"']+@/gi;
const mask = '[redacted]';
const maxDepth = 8;

/** Masks what looks like a credential inside running text: bearer tokens, query parameters, passwords in URLs. */
export function redactText(text: string): string {
  return text.replace(bearer, `$1 ${mask}`).replace(inQuery, `$1${mask}`).replace(inUserinfo, `$1:${mask}@`);
}

/**
 * A copy of a log entry without secrets: members whose name says that they hold one (authorization, cookies, keys,
 * tokens, passwords, payloads) at any depth and in any case, and credentials inside text. Errors come out as plain
 * objects, with what was attached to them redacted too. Never throws.
 */
export function redact(value: unknown): unknown {
  try {
    return copy(value, 0, new Set());
  } catch {
    return '[could not be read]';
  }
}

function copy(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value) || ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (above.has(value)) return '[circular]';
  if (depth >= maxDepth) return '[too deep]';
  above.add(value);
  const plain = value instanceof Error ? pino.stdSerializers.err(value) : value;
  const result = Array.isArray(plain)
    ? plain.map((item) => copy(item, depth + 1, above))
    : Object.fromEntries(
        Object.entries(plain).map(([name, member]) => [
          name,
          secretName.test(name) ? mask : copy(member, depth + 1, above),
        ]),
      );
  above.delete(value);
  return result;
}
