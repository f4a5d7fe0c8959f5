import { hash } from 'node:crypto';
import { memberOf } from '../../config/member';
import { messageOf } from '../../errors';
import type { Row, RowFault } from './row';

export interface EventOptions {
  /** Goes into the ids of rows without one. */
  readonly name: string;
  /** Dotted paths inside a row. */
  readonly idField?: string;
  readonly keyField?: string;
  readonly timeField?: string;
  readonly source?: string;
  readonly type?: string;
}

/** One event on its way out. */
export interface OutgoingEvent {
  readonly ordinal: number;
  readonly line: number;
  /** What keeps events in order: those of one key go over one connection. */
  readonly key: string;
  /** One line of NDJSON, without its line break. */
  readonly body: string;
}

export type MadeEvent =
  { readonly ok: true; readonly event: OutgoingEvent } | { readonly ok: false; readonly fault: RowFault };

/**
 * Makes the event of a row. A row that is an envelope (`{event_id, payload, …}`) goes out as it is. Otherwise the row
 * becomes the payload, byte for byte, under the id that `idField` names or, without one, the hash of name, ordinal
 * and row: sending the same file again makes the same ids.
 */
export function createEventMaker(options: EventOptions): (row: Row) => MadeEvent {
  const tail = [
    ...(options.source === undefined ? [] : [`"source":${JSON.stringify(options.source)}`]),
    ...(options.type === undefined ? [] : [`"type":${JSON.stringify(options.type)}`]),
  ];
  return (row) => {
    if (row.fault !== undefined) return { ok: false, fault: row.fault };
    let value: unknown;
    try {
      value = JSON.parse(row.text);
    } catch (error) {
      return bad('malformed_json', `is not JSON: ${messageOf(error)}`);
    }
    if (isEnvelope(value)) {
      const key = typeof value['key'] === 'string' ? value['key'] : value.event_id;
      return { ok: true, event: { ordinal: row.ordinal, line: row.line, key, body: row.text } };
    }
    const id = options.idField === undefined ? rowId(options.name, row) : textAt(value, options.idField);
    if (typeof id !== 'string')
      return bad('missing_event_id', `has no usable id at ${options.idField}: ${id.why}`);
    const key = options.keyField === undefined ? undefined : textAt(value, options.keyField);
    if (typeof key === 'object' && key.present)
      return bad('invalid_key', `has no usable key at ${options.keyField}: ${key.why}`);
    const time = options.timeField === undefined ? undefined : timeAt(value, options.timeField);
    if (time === null)
      return bad('invalid_timestamp', `has neither a number nor a text at ${options.timeField}`);
    const members = [
      `"event_id":${JSON.stringify(id)}`,
      `"payload":${row.text}`,
      ...(time === undefined ? [] : [`"timestamp":${JSON.stringify(time)}`]),
      ...(typeof key === 'string' ? [`"key":${JSON.stringify(key)}`] : []),
      ...tail,
    ];
    const partition = typeof key === 'string' ? key : id;
    return {
      ok: true,
      event: { ordinal: row.ordinal, line: row.line, key: partition, body: `{${members.join(',')}}` },
    };
  };
}

function bad(code: string, detail: string): MadeEvent {
  return { ok: false, fault: { code, detail } };
}

function isEnvelope(value: unknown): value is { event_id: string; [member: string]: unknown } {
  return typeof memberOf(value, 'event_id') === 'string' && Object.hasOwn(value as object, 'payload');
}

/** 128 bits of SHA-256 in hex over name, ordinal and row, each told apart by its length or a line break. */
export function rowId(name: string, { ordinal, text }: Pick<Row, 'ordinal' | 'text'>): string {
  return hash('sha256', `${name.length}:${name}\n${ordinal}\n${text}`, 'hex').slice(0, 32);
}

interface NotText {
  readonly why: string;
  /** False when the member is absent or null. */
  readonly present: boolean;
}

function textAt(value: unknown, path: string): string | NotText {
  const found = valueAt(value, path);
  if (typeof found === 'string') return found === '' ? { why: 'it is empty', present: true } : found;
  if (typeof found === 'number') {
    // Beyond this a double no longer tells neighbours apart: two ids would become one.
    const exact = Number.isFinite(found) && Math.abs(found) <= Number.MAX_SAFE_INTEGER;
    return exact ? String(found) : { why: 'the number has too many digits; make it a text', present: true };
  }
  if (found === undefined || found === null) return { why: 'there is none', present: false };
  return { why: `it is ${Array.isArray(found) ? 'a list' : `of type ${typeof found}`}`, present: true };
}

/** Digits alone (as CSV has them) are epoch milliseconds. `undefined` when absent, null when unusable. */
function timeAt(value: unknown, path: string): number | string | undefined | null {
  const found = valueAt(value, path);
  if (found === undefined || found === null || found === '') return undefined;
  if (typeof found === 'number') return found;
  if (typeof found !== 'string') return null;
  return /^-?\d{1,15}$/.test(found) ? Number(found) : found;
}

/** A member whose own name has dots comes first; then the dots lead inwards. */
function valueAt(value: unknown, path: string): unknown {
  return memberOf(value, path) ?? path.split('.').reduce<unknown>(memberOf, value);
}
