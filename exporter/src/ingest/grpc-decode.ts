import { isUtf8 } from 'node:buffer';
import { Reader } from 'protobufjs';
import { messageOf } from '../errors';
import type { DraftFields } from './intake';
import type { JsonScanner } from './json-scanner';
import { itemProblem, type ItemProblem } from './problem';

/** What can be wrong with one message of gRPC: all that can be wrong with an event, and its bytes. */
export interface MessageProblem extends Omit<ItemProblem, 'code'> {
  readonly code: ItemProblem['code'] | 'malformed_message' | 'empty_body' | 'too_many_events';
}

// Tags on the wire: field number and wire type in one.
const lengthDelimited = 2;
const startGroup = 3;
const endGroup = 4;
/** As protobufjs and the other implementations limit it. */
const maxGroupDepth = 100;
const eventIdTag = (1 << 3) | lengthDelimited;
const payloadTag = (2 << 3) | lengthDelimited;
const timestampTag = 3 << 3;
const sourceTag = (4 << 3) | lengthDelimited;
const typeTag = (5 << 3) | lengthDelimited;
const keyTag = (6 << 3) | lengthDelimited;
const payloadJsonTag = (7 << 3) | lengthDelimited;
const requestsTag = (1 << 3) | lengthDelimited;

/**
 * Reads `IngestRequest`. By hand over the protobufjs reader, because its decoder puts U+FFFD for bytes that are not
 * UTF-8 without a word, and can't tell an empty payload from none or both payloads from one.
 */
export class IngestRequestReader {
  /** Id of the event that was read last, as far as it could be told: rejections name it. */
  id = '';
  readonly #scanner: JsonScanner;

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  /** The fields of an event for `Intake.check`, or what is wrong with its bytes. Never throws. */
  read(message: Buffer): DraftFields | MessageProblem {
    const fields: DraftFields = {
      id: undefined,
      payload: undefined,
      timestamp: undefined,
      source: undefined,
      type: undefined,
      key: undefined,
      base64: false,
      trace: undefined,
    };
    this.id = '';
    try {
      return this.#fields(Reader.create(message), fields) ?? fields;
    } catch (error) {
      return malformed(error);
    }
  }

  #fields(reader: Reader, fields: DraftFields): MessageProblem | undefined {
    let text: Buffer | undefined;
    let json: Buffer | undefined;
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      switch (tag) {
        case eventIdTag:
          fields.id = utf8(reader);
          if (fields.id === undefined) return notUtf8('event_id');
          this.id = fields.id;
          break;
        case payloadTag:
          text = reader.bytes() as Buffer;
          break;
        case timestampTag:
          fields.timestamp = int64(reader);
          break;
        case sourceTag:
          fields.source = utf8(reader);
          if (fields.source === undefined) return notUtf8('source');
          break;
        case typeTag:
          fields.type = utf8(reader);
          if (fields.type === undefined) return notUtf8('type');
          break;
        case keyTag:
          fields.key = utf8(reader);
          if (fields.key === undefined) return notUtf8('key');
          break;
        case payloadJsonTag:
          json = reader.bytes() as Buffer;
          break;
        default:
          skip(reader, tag);
      }
    }
    // proto3 does not send an empty text, so one that was sent means the same.
    if (fields.id === '') fields.id = undefined;
    if (fields.source === '') fields.source = undefined;
    if (fields.type === '') fields.type = undefined;
    if (fields.key === '') fields.key = undefined;
    if (fields.timestamp === 0) fields.timestamp = undefined;
    return this.#payload(fields, text, json);
  }

  #payload(fields: DraftFields, text?: Buffer, json?: Buffer): MessageProblem | undefined {
    if (text !== undefined && json !== undefined) {
      return itemProblem(
        'invalid_payload',
        'payload and payload_json are both there: send one',
        'payload_json',
      );
    }
    if (text !== undefined) {
      if (!isUtf8(text)) return notUtf8('payload');
      fields.payload = Buffer.from(JSON.stringify(text.toString('utf8')));
      return undefined;
    }
    if (json === undefined) return undefined;
    if (!isUtf8(json)) return notUtf8('payload_json');
    const scanner = this.#scanner;
    const start = scanner.whitespace(json, 0, json.length);
    // 1: over HTTP the payload stands inside the event's object, and the same depth is allowed there.
    const end = scanner.value(json, start, json.length, 1);
    const rest = end < 0 ? -1 : scanner.whitespace(json, end, json.length);
    if (rest !== json.length) {
      const code = end < 0 ? scanner.error : 'malformed_json';
      const at = end < 0 ? scanner.errorAt : rest;
      const what =
        code === 'too_deep' ? `is nested more than ${scanner.maxDepth} deep` : 'is not one JSON value';
      return itemProblem(code, `payload_json ${what}, seen at byte ${at}`, 'payload_json');
    }
    fields.payload = json.subarray(start, end);
    return undefined;
  }
}

/**
 * The bytes of each `IngestRequest` of an `IngestBatchRequest`, as views. A request that is itself damaged does not
 * show here: it is rejected alone, when it is read.
 */
export function splitBatch(message: Buffer, maxEvents: number): Buffer[] | MessageProblem {
  const requests: Buffer[] = [];
  try {
    const reader = Reader.create(message);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag !== requestsTag) {
        skip(reader, tag);
        continue;
      }
      if (requests.length === maxEvents) {
        const detail = `more than ${maxEvents} events: send them in several batches`;
        return { code: 'too_many_events', detail, field: 'requests' };
      }
      requests.push(reader.bytes() as Buffer);
    }
  } catch (error) {
    return malformed(error);
  }
  if (requests.length === 0) return { code: 'empty_body', detail: 'requests is empty', field: 'requests' };
  return requests;
}

/** What is wrong with a message that has no fields we know, or undefined when it is well formed. */
export function checkEmptyMessage(message: Buffer): MessageProblem | undefined {
  try {
    const reader = Reader.create(message);
    while (reader.pos < reader.len) skip(reader, reader.uint32());
    return undefined;
  } catch (error) {
    return malformed(error);
  }
}

/**
 * Passes over a field that we don't know, as protobufjs does, but for its groups: there it takes field 0, and the end of
 * another group for the end of this one.
 */
function skip(reader: Reader, tag: number, depth = 0): void {
  const field = tag >>> 3;
  if (field === 0) throw new RangeError('field number 0');
  if ((tag & 7) !== startGroup) {
    reader.skipType(tag & 7);
    return;
  }
  if (depth === maxGroupDepth) throw new RangeError('groups are nested too deeply');
  for (let inner = reader.uint32(); ; inner = reader.uint32()) {
    if ((inner & 7) !== endGroup) skip(reader, inner, depth + 1);
    else if (inner >>> 3 === field) return;
    else throw new RangeError('a group ends as another one');
  }
}

/** Milliseconds. protobufjs takes an int64 with less than five bytes left as whole, wherever it is cut. */
function int64(reader: Reader): number {
  // A Long where that package is installed; the types know only Long.
  const value = reader.int64() as unknown as number | { toNumber(): number };
  const { buf, pos, len } = reader;
  if (pos > len || (buf[pos - 1] as number) >= 0x80) throw new RangeError('index out of range');
  return typeof value === 'number' ? value : value.toNumber();
}

function utf8(reader: Reader): string | undefined {
  const bytes = reader.bytes() as Buffer;
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function notUtf8(field: string): MessageProblem {
  return itemProblem('invalid_utf8', `${field} is not UTF-8`, field);
}

function malformed(error: unknown): MessageProblem {
  return { code: 'malformed_message', detail: `not a protobuf message of this type: ${messageOf(error)}` };
}
