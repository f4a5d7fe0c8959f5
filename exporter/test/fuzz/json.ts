import { mutate, type Random } from './random';

const texts = [
  'a',
  '',
  'e-1',
  'ü€𝄞',
  '__proto__',
  'constructor',
  '\u0000',
  '\u001f',
  '\u007f',
  '\ud800',
  'x'.repeat(300),
  '2026-01-01T00:00:00Z',
  'a"b\\c/d',
  '\u2028',
];
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e5',
  '1E+2',
  '1e400',
  '-1e400',
  '1767225600000',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1e-7',
  '01',
  '1.',
  '.5',
  '+1',
  '-',
  'NaN',
  '1767225600000.0',
  '1.767225600e12',
];
const spaces = ['', '', '', ' ', '\n', '\t', '\r\n', '  '];

export function space(random: Random): string {
  return random.pick(spaces);
}

/** A string literal, some characters written as escapes. */
export function literal(random: Random, text: string): string {
  const plain = JSON.stringify(text);
  if (!random.oneIn(6) || text === '') return plain;
  const escaped = [...text].map((char) =>
    random.oneIn(2) && char.length === 1
      ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
      : JSON.stringify(char).slice(1, -1),
  );
  return `"${escaped.join('')}"`;
}

/** JSON text of any kind, now and then deeper than anybody nests. */
export function value(random: Random, depth = 4): string {
  if (random.oneIn(60)) return nested(random);
  switch (random.int(depth > 0 ? 8 : 5)) {
    case 0:
      return random.pick(numbers.slice(0, 13));
    case 1:
      return random.pick(['true', 'false', 'null']);
    case 2:
      return String(random.int(1e9) - 5e8);
    case 3:
    case 4:
      return literal(random, random.pick(texts));
    case 5:
      return `[${random.list(4, () => space(random) + value(random, depth - 1) + space(random)).join(',')}]`;
    default:
      return object(
        random,
        random.list(4, () => [random.pick(texts), value(random, depth - 1)] as const),
      );
  }
}

function nested(random: Random): string {
  const depth = random.pick([30, 61, 62, 63, 64, 65, 200, 500]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"":', '}]'],
  ] as const);
  return open.repeat(depth) + (random.oneIn(3) ? '' : '1') + close.repeat(depth - (random.oneIn(5) ? 1 : 0));
}

/** An object of these members, in this order, with white space anywhere. */
export function object(random: Random, members: readonly (readonly [string, string])[]): string {
  const parts = members.map(
    ([name, text]) =>
      space(random) +
      literal(random, name) +
      space(random) +
      ':' +
      space(random) +
      (random.oneIn(50) ? random.pick(numbers) : text) +
      space(random),
  );
  return `{${parts.join(',')}}`;
}

const timestamps = [
  '1735689600000',
  '"2025-01-01T00:00:00Z"',
  '"2024-02-29t23:59:60.123456789+05:30"',
  'null',
  '0',
  '-1',
  '1e12',
  '1735689600',
  '"yesterday"',
  '99999999999999999',
  'true',
  '"2025-02-30T00:00:00Z"',
];

/** One event in our own format: mostly good, sometimes with what no event has. */
export function event(random: Random): string {
  const members: (readonly [string, string])[] = [];
  const maybe = (name: string, times: number, make: () => string): void => {
    if (!random.oneIn(times)) members.push([name, make()]);
  };
  maybe('event_id', 30, () => literal(random, random.oneIn(8) ? random.pick(texts) : `e-${random.int(1e6)}`));
  maybe('payload', 30, () => value(random));
  if (random.oneIn(2)) maybe('timestamp', 3, () => random.pick(timestamps));
  if (random.oneIn(3)) maybe('source', 9, () => (random.oneIn(5) ? value(random, 1) : '"/s"'));
  if (random.oneIn(3)) maybe('type', 9, () => (random.oneIn(5) ? value(random, 1) : '"t"'));
  if (random.oneIn(3)) maybe('key', 9, () => (random.oneIn(5) ? value(random, 1) : literal(random, 'k-ü')));
  if (random.oneIn(20))
    members.push([random.pick(['__proto__', 'constructor', 'Payload', 'x', 'key']), value(random, 1)]);
  if (random.oneIn(20) && members.length > 0) members.push(random.pick(members));
  if (random.oneIn(3)) members.reverse();
  return object(random, members);
}

/** One CloudEvent in the JSON format. */
export function cloudEvent(random: Random): string {
  const members: (readonly [string, string])[] = [];
  const maybe = (name: string, times: number, text: string): void => {
    if (!random.oneIn(times)) members.push([name, random.oneIn(25) ? value(random, 1) : text]);
  };
  maybe('specversion', 30, random.oneIn(15) ? '"0.3"' : '"1.0"');
  maybe('id', 30, literal(random, `e-${random.int(1e6)}`));
  maybe('source', 30, '"/s"');
  maybe('type', 30, '"t"');
  if (random.oneIn(2)) maybe('time', 5, random.pick(timestamps));
  if (random.oneIn(3)) maybe('subject', 5, '"k"');
  if (!random.oneIn(4)) members.push(['data', value(random)]);
  if (random.oneIn(5))
    members.push(['data_base64', random.pick(['"AAEC"', '"AAE="', '"AA="', '"A"', '"-_AA"', '""', 'null'])]);
  if (random.oneIn(5))
    members.push(['traceparent', literal(random, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)]);
  if (random.oneIn(5))
    members.push([random.pick(['tracestate', 'datacontenttype', 'ext', '__proto__', 'id']), '"x=1"']);
  if (random.oneIn(3)) members.reverse();
  return object(random, members);
}

/** Bytes of a text: as they are, or damaged. `other` is what a splice takes from. */
export function maybeDamaged(random: Random, text: string, other: string): Buffer {
  const bytes = Buffer.from(text);
  return random.oneIn(2) ? bytes : mutate(random, bytes, Buffer.from(other));
}
