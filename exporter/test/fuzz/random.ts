import { randomFrom } from '../helpers/random';

/** A seeded source of randomness: the same seed gives the same inputs. */
export class Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomFrom(seed);
  }

  /** A whole number from 0 up to, not including, `below`. */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.int(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.int(256);
    return bytes;
  }

  list<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.int(most + 1) }, make);
  }
}

const tokens = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-',
  '1e999',
  '1e-999',
  '9'.repeat(40),
  '.',
  'null',
  'true',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud800',
  '"__proto__":',
  '"event_id":',
  '"payload":',
  '\ufeff',
  '\u2028',
  '\r',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u007f',
  ' ',
  '//',
  "'",
  '\u{1f389}',
].map((text) => Buffer.from(text));
// Not UTF-8: overlong, surrogates, beyond Unicode, cut short, UTF-16.
const broken = ['c080', 'eda080', 'f4908080', 'e282', '80', 'ff', 'fffe', 'fe', 'f0808080'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** The input with up to four changes of the kind that a bug, a bad line or an enemy makes. */
export function mutate(random: Random, input: Buffer, other: Buffer): Buffer {
  let bytes = input;
  for (let times = 1 + random.int(4); times > 0; times--) bytes = mutateOnce(random, bytes, other);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, other: Buffer): Buffer {
  const at = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.int(random.oneIn(4) ? bytes.length + 1 : 4));
  const insert = (piece: Buffer, until = at): Buffer =>
    Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(until)]);
  switch (random.int(9)) {
    case 0: {
      if (bytes.length === 0) return bytes;
      const flipped = Buffer.from(bytes);
      const place = random.int(bytes.length);
      flipped[place] = (flipped[place] as number) ^ (1 << random.int(8));
      return flipped;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return insert(Buffer.alloc(0), to);
    case 3:
      return insert(bytes.subarray(at, to));
    case 4:
      return insert(other.subarray(random.int(other.length + 1)), to);
    case 5:
      return insert(random.pick(broken), to);
    case 6:
      return insert(random.bytes(1 + random.int(4)), to);
    default:
      return insert(random.pick(tokens), random.oneIn(2) ? at : to);
  }
}

/** The same bytes in pieces: at every byte, at one place, or anywhere. */
export function cut(random: Random, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  const most = random.pick([1, 2, 16, Math.max(1, bytes.length)]);
  for (let at = 0; at < bytes.length;) {
    const next = Math.min(bytes.length, at + 1 + random.int(most));
    // A copy of its own: nobody may count on the pieces lying side by side.
    pieces.push(Buffer.from(bytes.subarray(at, next)));
    at = next;
  }
  return pieces;
}
