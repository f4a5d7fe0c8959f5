import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Root, Writer } from 'protobufjs';
import { checkEmptyMessage, IngestRequestReader, splitBatch } from '../../../src/ingest/grpc-decode';
import { FrameMeter } from '../../../src/ingest/grpc-frames';
import { JsonScanner } from '../../../src/ingest/json-scanner';
import { value } from '../json';
import { cut, mutate, type Random } from '../random';
import { demand, depthOf, parsed, type Target } from '../target';

const maxDepth = 64;
const maxEvents = 8;

const root = new Root();
root.resolvePath = (_origin, target) => join(__dirname, '../../../proto', target);
root.loadSync('selfcheer/v1/ingest.proto', { keepCase: true }).resolveAll();
const requestType = root.lookupType('selfcheer.v1.IngestRequest');

/** One field as it stands on the wire. */
type Field = readonly [number: number, value: bigint | Buffer];

/** A number of more bytes than any writer gives it: implementations part here, and may. */
class Unspecified extends Error {}

/** The wire format, read by its specification (protobuf.dev, "Encoding") and by nothing else. Undefined: malformed. */
function fieldsOf(bytes: Buffer): Field[] | undefined {
  let at = 0;
  const varint = (most = 10): bigint => {
    const from = at;
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) throw new RangeError('cut short');
      const byte = bytes[at++] as number;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
      if (at - from === most) throw new Unspecified();
    }
    throw new RangeError('longer than ten bytes');
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new RangeError('cut short');
    return bytes.subarray(at, (at += length));
  };
  const skipGroup = (group: number): void => {
    for (;;) {
      const tag = Number(BigInt.asUintN(32, varint(5)));
      if ((tag & 7) === 4) {
        if (tag >>> 3 !== group) throw new RangeError('another group ends');
        return;
      }
      field(tag);
    }
  };
  const field = (tag: number): Field | undefined => {
    const number = tag >>> 3;
    if (number === 0) throw new RangeError('field 0');
    if ((tag & 7) === 0) return [number, varint()];
    if ((tag & 7) === 1) take(8);
    else if ((tag & 7) === 2) return [number, take(Number(BigInt.asUintN(32, varint(5))))];
    else if ((tag & 7) === 3) skipGroup(number);
    else if ((tag & 7) === 5) take(4);
    else throw new RangeError('no such wire type');
    return undefined;
  };
  const found: Field[] = [];
  try {
    while (at < bytes.length) {
      const one = field(Number(BigInt.asUintN(32, varint(5))));
      if (one) found.push(one);
    }
    return found;
  } catch (error) {
    if (error instanceof Unspecified) throw error;
    return undefined;
  }
}

/** A group in it, or a varint that is longer than it need be: where lenient readers may part. */
function isPlain(bytes: Buffer): boolean {
  const fields = fieldsOf(bytes);
  if (!fields) return false;
  const writer = Writer.create();
  for (const [number, one] of fields) {
    if (typeof one === 'bigint') {
      if (number > 7) return false;
      writer.uint32(number << 3).uint64(one.toString());
    } else writer.uint32(((number << 3) | 2) >>> 0).bytes(one);
  }
  return Buffer.from(writer.finish()).equals(bytes);
}

function message(random: Random): Buffer {
  const writer = Writer.create();
  for (let count = random.int(7); count > 0; count--) {
    const number = random.oneIn(12) ? random.pick([0, 8, 100, 2 ** 28, 536_870_911]) : 1 + random.int(7);
    const wire = random.oneIn(10) ? random.int(8) : number === 3 ? 0 : 2;
    writer.uint32(((number << 3) | wire) >>> 0);
    if (wire === 0) writer.int64(random.pick([0, 1, -1, 1_767_225_600_000, 2 ** 52, -(2 ** 52)]));
    else if (wire === 1) writer.fixed64(1);
    else if (wire === 2)
      writer.bytes(random.oneIn(8) ? random.bytes(random.int(20)) : Buffer.from(value(random, 2)));
    else if (wire === 3) writer.uint32(((number << 3) | 4) >>> 0);
    else if (wire === 5) writer.fixed32(7);
  }
  return Buffer.from(writer.finish());
}

function damaged(random: Random, make: () => Buffer): Buffer {
  return random.oneIn(2) ? make() : mutate(random, make(), make());
}

/** The event that a message holds: by the wire format, the last of each field counts. */
function last(fields: readonly Field[], number: number, kind: 'bigint' | 'object'): Field[1] | undefined {
  return fields.findLast((field) => field[0] === number && typeof field[1] === kind)?.[1];
}

function request(random: Random, input: (shown: Buffer) => void): void {
  const bytes = damaged(random, () => message(random));
  input(bytes);
  const fields = fieldsOf(bytes);
  const read = new IngestRequestReader(new JsonScanner(maxDepth)).read(bytes);
  if ('code' in read) {
    if (read.code === 'malformed_message') {
      demand(
        fields === undefined || hasDeepGroup(bytes),
        'what is whole is not called malformed',
        read.detail,
      );
    } else if (read.code === 'invalid_payload') {
      demand(
        fields === undefined || (!!last(fields, 2, 'object') && !!last(fields, 7, 'object')),
        'two payloads',
      );
    } else if (read.code === 'too_deep') {
      const json = last(fields ?? [], 7, 'object') as Buffer;
      demand(depthOf(json.toString()) >= maxDepth, 'too deep');
    } else if (read.code === 'malformed_json') {
      demand(!parsed(last(fields ?? [], 7, 'object') as Buffer), 'JSON is not called malformed');
    } else {
      demand(read.code === 'invalid_utf8', 'the code is one of a message', read.code);
      const texts = (fields ?? []).filter(([n, one]) => n !== 3 && n < 8 && typeof one === 'object');
      demand(!fields || texts.some(([, one]) => !isUtf8(one as Buffer)), 'some text is not UTF-8');
    }
    return;
  }
  demand(fields !== undefined, 'what is malformed is not taken');
  const text = (number: number): string | undefined =>
    (last(fields, number, 'object') as Buffer | undefined)?.toString() || undefined;
  const names = { id: 1, source: 4, type: 5, key: 6 } as const;
  for (const name of ['id', 'source', 'type', 'key'] as const) {
    demand(
      read[name] === text(names[name]),
      `${name} is the last that was sent`,
      read[name],
      text(names[name]),
    );
  }
  const time = last(fields, 3, 'bigint') as bigint | undefined;
  demand(
    read.timestamp === (time ? Number(BigInt.asIntN(64, time)) || undefined : undefined),
    'the timestamp',
    read.timestamp,
  );
  const payload = last(fields, 2, 'object') as Buffer | undefined;
  const json = last(fields, 7, 'object') as Buffer | undefined;
  if (payload) demand(parsed(read.payload!)?.value === payload.toString(), 'a text is that JSON text');
  else if (json) demand(isDeepStrictEqual(parsed(read.payload!), parsed(json)), 'JSON is that JSON');
  else demand(read.payload === undefined, 'no payload is none');
  if (isPlain(bytes)) againstProtobufjs(bytes, read);
}

function againstProtobufjs(
  bytes: Buffer,
  read: { readonly id: unknown; readonly key: unknown; readonly timestamp: unknown },
): void {
  const wrongType = fieldsOf(bytes)!.some(([n, one]) => n < 8 && (n === 3) !== (typeof one === 'bigint'));
  if (wrongType) return; // its decoder goes by the number alone
  const decoded = requestType.toObject(requestType.decode(bytes), { longs: Number }) as Record<
    string,
    unknown
  >;
  demand(
    (decoded['event_id'] ?? '') === (read.id ?? ''),
    'protobufjs reads that id, too',
    decoded['event_id'],
  );
  demand((decoded['key'] ?? '') === (read.key ?? ''), 'and that key', decoded['key']);
  demand((decoded['timestamp'] ?? 0) === (read.timestamp ?? 0), 'and that timestamp', decoded['timestamp']);
}

/** Groups in groups in groups: a reader may stop somewhere. */
function hasDeepGroup(bytes: Buffer): boolean {
  return bytes.filter((byte) => (byte & 7) === 3).length > 20;
}

function batch(random: Random, input: (shown: Buffer) => void): void {
  const make = (): Buffer => {
    const writer = Writer.create();
    for (let count = random.int(11); count > 0; count--) {
      if (random.oneIn(10)) writer.uint32((2 << 3) | 0).uint32(random.int(1e6));
      else writer.uint32((1 << 3) | 2).bytes(message(random));
    }
    return Buffer.from(writer.finish());
  };
  const bytes = damaged(random, make);
  input(bytes);
  const fields = fieldsOf(bytes);
  const requests = fields
    ?.filter(([number, one]) => number === 1 && typeof one === 'object')
    .map(([, one]) => one);
  const split = splitBatch(bytes, maxEvents);
  if (Array.isArray(split)) demand(isDeepStrictEqual(split, requests), 'the requests are those on the wire');
  else if (split.code === 'empty_body') demand(requests?.length === 0, 'empty', requests?.length);
  else if (split.code === 'too_many_events') demand(!requests || requests.length > maxEvents, 'too many');
  else
    demand(split.code === 'malformed_message' && (!fields || hasDeepGroup(bytes)), 'malformed', split.code);
  const empty = checkEmptyMessage(bytes);
  demand(
    (empty === undefined) === (fields !== undefined) || hasDeepGroup(bytes),
    'well formed or not',
    empty?.detail,
  );
}

/** However a call is cut into chunks, the meter knows how much of an unfinished message has come. */
function frames(random: Random, input: (shown: Buffer) => void): void {
  const whole: Buffer[] = [];
  for (let count = random.int(6); count > 0; count--) {
    const body = random.bytes(random.pick([0, 1, 4, 5, 300]));
    const head = Buffer.alloc(5);
    head[0] = random.int(2);
    head.writeUInt32BE(body.length, 1);
    whole.push(head, body);
  }
  const announced = random.pick([1, 10, 255, 2 ** 31, 2 ** 32 - 1]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(announced, 1);
  const tail = random.bytes(random.int(Math.min(announced, 400)));
  const bytes = Buffer.concat([...whole, head, tail]);
  input(bytes);
  const meter = new FrameMeter();
  let open = 0;
  for (const piece of cut(random, bytes)) open = meter.pass(piece);
  demand(open === tail.length, 'it counts the unfinished message alone', open, tail.length);
}

type Run = (random: Random, input: (shown: Buffer) => void) => void;

function specified(run: Run): Run {
  return (random, input) => {
    try {
      run(random, input);
    } catch (error) {
      if (!(error instanceof Unspecified)) throw error;
    }
  };
}

export const grpcTargets: readonly Target[] = [
  { name: 'grpc request', share: 100, run: specified(request) },
  { name: 'grpc batch', share: 40, run: specified(batch) },
  { name: 'grpc frames', share: 20, run: frames },
];
