import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { cloudEvent, invalidAttribute, type Attribute, type Attributes, type Data } from './cloud-events';
import { scanProblem } from './envelope';
import type { Intake, IntakeDraft } from './intake';
import type { JsonScanner } from './json-scanner';
import { isJsonType, isUtf8Charset, parseMediaType } from './media-type';
import { itemProblem, type ItemProblem } from './problem';

/** Attributes whose headers are read, each as `ce-` and its name. */
export const readAttributes = [
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'traceparent',
  'tracestate',
] as const;

/** The binary mode of the CloudEvents HTTP binding: any `ce-` header says that the body is the data alone. */
export function isBinaryCloudEvent(headers: IncomingHttpHeaders): boolean {
  return (
    headers['ce-specversion'] !== undefined ||
    headers['ce-id'] !== undefined ||
    headers['ce-type'] !== undefined
  );
}

/** One attribute from its header, percent-decoded (HTTP binding 1.0.2, section 3.1.3.2); undefined when it can't be. */
function decode(header: string): string | undefined {
  const quoted = header.length >= 2 && header.startsWith('"') && header.endsWith('"');
  const text = quoted ? header.slice(1, -1).replaceAll(/\\(.)/g, '$1') : header;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return undefined;
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return undefined;
  }
}

/**
 * Reads one event in binary mode. JSON data stays as it came, text becomes a JSON string, anything else a JSON
 * string of its base64.
 */
export function readBinaryCloudEvent(
  intake: Intake,
  scanner: JsonScanner,
  headers: IncomingHttpHeaders,
  body: Buffer,
): { readonly id: string | null; readonly checked: IntakeDraft | ItemProblem } {
  const values = new Map<Attribute, string>();
  let problem: ItemProblem | undefined;
  for (const name of readAttributes) {
    const header = headers[`ce-${name}`];
    if (typeof header !== 'string') continue;
    const value = decode(header);
    if (value === undefined) problem ??= invalidAttribute(name, 'is not percent-encoded UTF-8');
    else if (value === '') problem ??= invalidAttribute(name, 'is empty');
    else values.set(name, value);
  }
  const id = values.get('id') ?? null;
  if (problem) return { id, checked: problem };
  const attribute: Attributes = (name) => values.get(name);
  const data = readData(scanner, headers['content-type'], body);
  return { id, checked: 'code' in data ? data : cloudEvent(intake, attribute, data) };
}

function readData(scanner: JsonScanner, contentType: string | undefined, body: Buffer): Data | ItemProblem {
  if (body.length === 0) return { payload: Buffer.from('null'), base64: false };
  // Without a datacontenttype the data of the JSON format is JSON; the binary mode leaves it open, so bytes stay bytes.
  const { essence, charset } = parseMediaType(contentType ?? 'application/octet-stream');
  const readable = isUtf8Charset(charset);
  if (isJsonType(essence) && readable) {
    if (!isUtf8(body)) return itemProblem('invalid_utf8', 'the data is not UTF-8', 'data');
    const start = scanner.whitespace(body, 0, body.length);
    const end = scanner.value(body, start, body.length);
    if (end >= 0 && scanner.whitespace(body, end, body.length) < body.length) scanner.fail(end);
    else if (end >= 0) return { payload: body.subarray(start, end), base64: false };
    return { ...scanProblem(scanner, 0, body.length), field: 'data' };
  }
  if (essence.startsWith('text/') && readable) {
    if (!isUtf8(body)) return itemProblem('invalid_utf8', 'the data is not UTF-8', 'data');
    return { payload: Buffer.from(JSON.stringify(body.toString('utf8'))), base64: false };
  }
  return { payload: Buffer.from(`"${body.toString('base64')}"`), base64: true };
}
