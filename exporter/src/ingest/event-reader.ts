import { Envelope } from './envelope';
import type { DraftFields, Intake, IntakeDraft } from './intake';
import type { ItemReader } from './item-reader';
import type { JsonScanner } from './json-scanner';
import { itemProblem, type ItemCode, type ItemProblem } from './problem';

const members = ['event_id', 'payload', 'timestamp', 'source', 'type', 'key'] as const;
const eventId = 0;
const payload = 1;
const timestamp = 2;
const source = 3;
const type = 4;
const key = 5;

/** Reads events in our own format: `{"event_id", "payload", "timestamp"?, "source"?, "type"?, "key"?}`. */
export class EventReader implements ItemReader {
  id: string | null = null;
  readonly #intake: Intake;
  readonly #envelope: Envelope;
  /** Reused for every event: `check` keeps nothing of it. */
  readonly #fields: DraftFields = {
    id: undefined,
    payload: undefined,
    timestamp: undefined,
    source: undefined,
    type: undefined,
    key: undefined,
    base64: false,
    trace: undefined,
  };

  constructor(intake: Intake, scanner: JsonScanner) {
    this.#intake = intake;
    this.#envelope = new Envelope(scanner, { members, open: false });
  }

  read(bytes: Buffer, from: number, end: number): IntakeDraft | ItemProblem {
    const envelope = this.#envelope;
    const fields = this.#fields;
    this.id = null;
    const wrong = envelope.scan(bytes, from, end);
    const id = envelope.text(eventId);
    if (typeof id === 'string') this.id = id;
    if (wrong !== undefined) return wrong;
    if (id === false) return this.#notText('invalid_event_id', eventId);
    const sentSource = envelope.text(source);
    if (sentSource === false) return this.#notText('invalid_source', source);
    const sentType = envelope.text(type);
    if (sentType === false) return this.#notText('invalid_type', type);
    const sentKey = envelope.text(key);
    if (sentKey === false) return this.#notText('invalid_key', key);
    let sentTimestamp: string | number | null | undefined | false = envelope.text(timestamp);
    if (sentTimestamp === false) sentTimestamp = envelope.number(timestamp);
    if (sentTimestamp === undefined && envelope.has(timestamp)) {
      const kind = envelope.kind(timestamp);
      const detail = `timestamp is ${kind}, neither epoch milliseconds nor RFC 3339`;
      return itemProblem('invalid_timestamp', detail, 'timestamp');
    }
    fields.id = id;
    fields.payload = envelope.raw(payload);
    fields.timestamp = sentTimestamp;
    fields.source = sentSource;
    fields.type = sentType;
    fields.key = sentKey;
    return this.#intake.check(fields);
  }

  #notText(code: ItemCode, member: number): ItemProblem {
    const name = members[member] as string;
    return itemProblem(code, `${name} is a string, not ${this.#envelope.kind(member)}`, name);
  }
}
