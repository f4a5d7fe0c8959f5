import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { CloudEventReader } from '../../../src/ingest/cloud-events';
import { readBinaryCloudEvent } from '../../../src/ingest/cloud-event-headers';
import { EventReader } from '../../../src/ingest/event-reader';
import type { GroupPipeline } from '../../../src/ingest/group-pipeline';
import { isProblem, type Intake, type IntakeDraft } from '../../../src/ingest/intake';
import type { ItemReader } from '../../../src/ingest/item-reader';
import { JsonScanner } from '../../../src/ingest/json-scanner';
import { NdjsonReader } from '../../../src/ingest/ndjson-reader';
import { itemProblems, type ItemProblem } from '../../../src/ingest/problem';
import { cloudEvent, event, maybeDamaged, value } from '../json';
import { cut, mutate, type Random } from '../random';
import { demand, depthOf, namesOf, parsed, type Target } from '../target';

const maxDepth = 64;
type Checked = IntakeDraft | ItemProblem;
type Members = Readonly<Record<string, unknown>>;

/** Whether a code may be said of this event; what is not here may be said of anything. */
function mayBeSaid({ code: said, field }: ItemProblem, text: string, value: unknown): boolean {
  const code: string = said;
  const members = value as Members;
  const names = namesOf(text);
  switch (code) {
    case 'malformed_json':
      return false;
    case 'too_deep':
      return depthOf(text) > maxDepth;
    case 'not_an_object':
      return typeof value !== 'object' || value === null || Array.isArray(value);
    case 'unknown_member':
    case 'forbidden_member':
      return names.some((name) => name.startsWith((field ?? '').replace(/…$/, '')));
    case 'duplicate_member':
      return new Set(names).size < names.length;
    case 'missing_event_id':
      return (members['event_id'] ?? null) === null;
    case 'missing_payload':
      return !names.includes('payload');
    case 'missing_attribute':
      return (members[field as string] ?? null) === null;
    default:
      return true;
  }
}

function checkDraft(
  checked: Checked,
  bytes: Buffer,
  names: { readonly id: string; readonly payload: string },
): void {
  const whole = parsed(bytes);
  if (isProblem(checked)) {
    demand(Object.hasOwn(itemProblems, checked.code), 'the code is one of the list', checked.code);
    if (whole) demand(mayBeSaid(checked, bytes.toString(), whole.value), 'the code is true', checked.code);
    else demand(checked.code === 'malformed_json' || checked.code === 'too_deep', 'and says why', checked);
    return;
  }
  demand(whole !== undefined, 'what is accepted is JSON');
  const members = whole.value as Members;
  demand(checked.id === members[names.id], 'the id is the one that was sent', checked.id);
  const payload = parsed(checked.payload);
  demand(payload !== undefined, 'the payload is JSON', checked.payload);
  const sent = Object.hasOwn(members, names.payload) ? members[names.payload] : undefined;
  const expected = checked.base64 ? members['data_base64'] : (sent ?? null);
  demand(isDeepStrictEqual(payload.value, expected), 'the payload is the one that was sent', checked.payload);
  demand(bytes.includes(checked.payload) || sent === undefined, 'byte for byte');
  demand(
    new Set(namesOf(bytes.toString())).size === namesOf(bytes.toString()).length,
    'no member stands twice',
  );
  const { timestamp } = checked;
  if (timestamp !== undefined)
    demand(Number.isSafeInteger(timestamp) && timestamp >= 0, 'a usable timestamp');
}

export function eventTargets(intake: Intake): Target[] {
  const own = new EventReader(intake, new JsonScanner(maxDepth));
  const cloud = new CloudEventReader(intake, new JsonScanner(maxDepth));
  const single = (
    name: string,
    share: number,
    reader: ItemReader,
    make: (random: Random) => string,
    names: { readonly id: string; readonly payload: string },
  ): Target => ({
    name,
    share,
    run: (random, input) => {
      const bytes = maybeDamaged(random, make(random), make(random));
      input(bytes);
      if (isUtf8(bytes)) checkDraft(reader.read(bytes, 0, bytes.length), bytes, names);
    },
  });
  return [
    single('event', 200, own, event, { id: 'event_id', payload: 'payload' }),
    single('cloud event', 100, cloud, cloudEvent, { id: 'id', payload: 'data' }),
    { name: 'cloud event headers', share: 50, run: (random, input) => headers(intake, random, input) },
    { name: 'ndjson', share: 60, run: (random, input) => lines(own, random, input) },
  ];
}

const headerTexts = [
  '1.0',
  'a',
  '',
  '"q"',
  '"a\\"b"',
  '%',
  '%41',
  '%c3%bc',
  '%ff',
  '%00',
  '\u00fc',
  'x'.repeat(600),
];
const types = [
  'application/json',
  'text/plain',
  'application/octet-stream',
  'a/b+json; charset=utf-8',
  ';',
  '',
  'text/plain;charset="',
  'application/json; charset=latin1',
];

function headers(intake: Intake, random: Random, input: (shown: string) => void): void {
  const sent: IncomingHttpHeaders = { 'content-type': random.pick(types) };
  for (const name of [
    'specversion',
    'id',
    'source',
    'type',
    'time',
    'subject',
    'traceparent',
    'tracestate',
  ]) {
    const good = name === 'specversion' ? '1.0' : name === 'time' ? '2025-01-01T00:00:00Z' : 'x';
    if (!random.oneIn(9)) sent[`ce-${name}`] = random.oneIn(4) ? random.pick(headerTexts) : good;
  }
  const body = maybeDamaged(random, value(random), value(random));
  input(JSON.stringify([sent, body.toString('latin1')]));
  const { checked } = readBinaryCloudEvent(intake, new JsonScanner(maxDepth), sent, body);
  if (isProblem(checked)) {
    demand(Object.hasOwn(itemProblems, checked.code), 'the code is one of the list', checked.code);
    return;
  }
  const payload = parsed(checked.payload);
  demand(payload !== undefined, 'the payload is JSON', checked.payload);
  const { value: got } = payload;
  if (checked.base64) demand(Buffer.from(got as string, 'base64').equals(body), 'the bytes are those sent');
  else if (/^text\//.test(sent['content-type'] ?? '') && body.length > 0)
    demand(got === body.toString(), 'the text is the one sent');
  else if (body.length > 0) demand(isDeepStrictEqual(parsed(body)?.value, got), 'the value is the one sent');
}

interface Line {
  readonly position: number;
  readonly id: string | null;
  readonly said: string;
}

/** Reads pieces as the server does and tells what came of each line. */
function readLines(
  reader: ItemReader,
  pieces: readonly Buffer[],
  maxLine: number,
): { lines: Line[]; bytes: number } {
  const found: Line[] = [];
  let bytes = 0;
  const pipeline = {
    busy: false,
    add: (checked: Checked, id: string | null, position: number, reserved: number) => {
      bytes += reserved;
      const said = isProblem(checked) ? checked.code : `${checked.id} ${checked.payload.toString('latin1')}`;
      found.push({ position, id, said });
    },
    discard: (reserved: number) => void (bytes += reserved),
  } as unknown as GroupPipeline;
  const lines = new NdjsonReader(reader, pipeline, { eventBytes: maxLine, eventsPerRequest: 50 });
  for (const piece of pieces) {
    for (let at = 0; at < piece.length && !lines.full;) at = lines.read(piece, at);
    // The mark before the first line and the carriage return at its end are not part of it.
    demand(lines.carried <= maxLine + 4, 'no more than a line is kept', lines.carried);
  }
  if (!lines.full) lines.end();
  return { lines: found, bytes: lines.full ? -1 : bytes };
}

function lines(reader: ItemReader, random: Random, input: (shown: Buffer) => void): void {
  const ends = random.pick([['\n'], ['\r\n'], ['\n', '\r\n', '\n\n', '\r', ' \n']]);
  const make = (): string => random.list(6, () => oneLine(random) + random.pick(ends)).join('');
  const maxLine = random.pick([40, 500, 100_000]);
  const bytes = mutateSometimes(
    random,
    (random.oneIn(20) ? '\ufeff' : '') + make() + (random.oneIn(2) ? oneLine(random) : ''),
    make(),
  );
  input(bytes);
  const whole = readLines(reader, [bytes], maxLine);
  const pieces = readLines(reader, cut(random, bytes), maxLine);
  demand(
    isDeepStrictEqual(whole.lines, pieces.lines),
    'however it is cut, it is read the same',
    whole.lines,
    pieces.lines,
  );
  demand(whole.bytes === pieces.bytes, 'and accounted the same', whole.bytes, pieces.bytes);
  if (whole.bytes >= 0) demand(whole.bytes === bytes.length, 'every byte is accounted for once', whole.bytes);
  // Each line stands for itself: what is accepted of it is what its own text says.
  const texts = bytes.toString('latin1').split('\n');
  for (const { position, said } of whole.lines) {
    let line = Buffer.from(texts[position - 1] as string, 'latin1');
    if (line.at(-1) === 0x0d) line = line.subarray(0, -1);
    if (position === 1 && line.subarray(0, 3).equals(Buffer.from('\ufeff'))) line = line.subarray(3);
    if (line.length > maxLine) demand(said === 'event_too_large', 'a line that is too long is refused', said);
    else if (!isUtf8(line)) demand(said === 'invalid_utf8', 'a line that is not UTF-8 is refused', said);
    else {
      const alone = reader.read(line, 0, line.length);
      const expected = isProblem(alone) ? alone.code : `${alone.id} ${alone.payload.toString('latin1')}`;
      demand(said === expected, 'a line is read as if it were alone', said, expected);
    }
  }
}

function oneLine(random: Random): string {
  return event(random).replaceAll(/[\r\n]/g, ' ');
}

function mutateSometimes(random: Random, text: string, other: string): Buffer {
  const bytes = Buffer.from(text);
  return random.oneIn(2) ? bytes : mutate(random, bytes, Buffer.from(other));
}
