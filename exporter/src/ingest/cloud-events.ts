import { parseTraceContext } from '@selfcheer/cheer-kit';
import { Envelope } from './envelope';
import { isProblem, type DraftFields, type Intake, type IntakeDraft } from './intake';
import type { ItemReader } from './item-reader';
import type { JsonScanner } from './json-scanner';
import { itemProblem, type ItemProblem } from './problem';

const members = [
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'data',
  'data_base64',
  'datacontenttype',
  'dataschema',
  'traceparent',
  'tracestate',
] as const;
export type Attribute = (typeof members)[number];
const index = Object.fromEntries(members.map((name, i) => [name, i])) as Record<Attribute, number>;
const dataIndex = index.data;
const base64Index = index.data_base64;
const noData = Buffer.from('null');

/** Text attributes of one event, from JSON members or `ce-*` headers. `null` is as good as absent. */
export type Attributes = (name: Attribute) => string | null | undefined;
export type Data = { readonly payload: Buffer; readonly base64: boolean };

export function missingAttribute(name: Attribute): ItemProblem {
  return itemProblem('missing_attribute', `the CloudEvents attribute ${name} is required`, name);
}

export function invalidAttribute(name: string, detail: string): ItemProblem {
  return itemProblem('invalid_attribute', `the CloudEvents attribute ${name} ${detail}`, name);
}

/** What our checks call a field, as CloudEvents calls it. */
const attributeOf: Readonly<Record<string, string>> = {
  event_id: 'id',
  source: 'source',
  type: 'type',
  timestamp: 'time',
  key: 'subject',
  payload: 'data',
};

/**
 * Applies the rules of CloudEvents 1.0.2 to one event, however it came: the required attributes, `subject` as the
 * key, `time` as the timestamp, and the Distributed Tracing extension. Other extensions are passed over.
 */
export function cloudEvent(intake: Intake, attribute: Attributes, data: Data): IntakeDraft | ItemProblem {
  const specversion = attribute('specversion');
  if (typeof specversion !== 'string') return missingAttribute('specversion');
  if (specversion !== '1.0') {
    return invalidAttribute(
      'specversion',
      `is ${JSON.stringify(specversion.slice(0, 20))}; only "1.0" is supported`,
    );
  }
  for (const name of ['id', 'source', 'type'] as const) {
    if (typeof attribute(name) !== 'string') return missingAttribute(name);
  }
  const traceparent = attribute('traceparent') ?? undefined;
  const fields: DraftFields = {
    id: attribute('id'),
    payload: data.payload,
    timestamp: attribute('time'),
    source: attribute('source'),
    type: attribute('type'),
    key: attribute('subject'),
    base64: data.base64,
    trace:
      traceparent === undefined
        ? undefined
        : parseTraceContext(traceparent, attribute('tracestate') ?? undefined),
  };
  const checked = intake.check(fields);
  if (!isProblem(checked) || checked.field === undefined) return checked;
  const name = attributeOf[checked.field] ?? checked.field;
  const detail = checked.detail.replace(checked.field, name);
  // The codes about time and size say more than that an attribute is wrong.
  const own = checked.code.startsWith('timestamp_') || checked.code === 'event_too_large';
  return itemProblem(own ? checked.code : 'invalid_attribute', detail, name);
}

/** Reads CloudEvents in the JSON format, alone or as items of a batch. */
export class CloudEventReader implements ItemReader {
  id: string | null = null;
  readonly #intake: Intake;
  readonly #envelope: Envelope;
  readonly #attribute: Attributes;

  constructor(intake: Intake, scanner: JsonScanner) {
    this.#intake = intake;
    this.#envelope = new Envelope(scanner, { members, open: true });
    this.#attribute = (name) => this.#envelope.text(index[name]) || undefined;
  }

  read(bytes: Buffer, from: number, end: number): IntakeDraft | ItemProblem {
    this.id = null;
    const wrong = this.#envelope.scan(bytes, from, end);
    this.id = this.#envelope.text(index.id) || null;
    if (wrong !== undefined) return wrong;
    for (const name of members) {
      if (name === 'data' || !this.#envelope.has(index[name])) continue;
      const text = this.#envelope.text(index[name]);
      if (text === false)
        return invalidAttribute(name, `is a string, not ${this.#envelope.kind(index[name])}`);
      if (text === '' && name !== 'data_base64') return invalidAttribute(name, 'is empty');
    }
    const data = this.#data();
    return 'code' in data ? data : cloudEvent(this.#intake, this.#attribute, data);
  }

  #data(): Data | ItemProblem {
    const base64 = this.#envelope.text(base64Index);
    if (typeof base64 !== 'string')
      return { payload: this.#envelope.raw(dataIndex) ?? noData, base64: false };
    if (this.#envelope.has(dataIndex)) return invalidAttribute('data_base64', 'must not stand beside data');
    if (!isBase64(base64))
      return invalidAttribute('data_base64', 'is not base64 (RFC 4648, section 4, with padding)');
    return { payload: this.#envelope.raw(base64Index) as Buffer, base64: true };
  }
}

/** Strict: what a lenient decoder would repair must not become other bytes than the producer meant. */
function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  for (let i = 0; i < text.length - padding; i++) {
    const c = text.charCodeAt(i);
    const letter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
    if (!letter && !(c >= 0x2f && c <= 0x39) && c !== 0x2b) return false;
  }
  return true;
}
