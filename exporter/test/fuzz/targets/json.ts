import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { JsonScanner } from '../../../src/ingest/json-scanner';
import { findItems } from '../../../src/ingest/json-document';
import { event, maybeDamaged, space, value } from '../json';
import { demand, depthOf, parsed, type Target } from '../target';

const maxDepth = 64;
const limits = { eventBytes: 2_000, eventsPerRequest: 20 };

/** The scanner accepts what `JSON.parse` accepts, up to its depth, and ends where the text ends. */
export const scannerTarget: Target = {
  name: 'json scanner',
  share: 220,
  run: (random, input) => {
    const bytes = maybeDamaged(random, value(random), value(random));
    input(bytes);
    if (!isUtf8(bytes)) return; // it is told only what is UTF-8
    const scanner = new JsonScanner(maxDepth);
    const end = scanner.value(bytes, 0, bytes.length);
    const accepted = end >= 0 && scanner.whitespace(bytes, end, bytes.length) === bytes.length;
    const text = bytes.toString();
    if (end < 0 && scanner.error === 'too_deep') {
      // What follows the place where it gave up was not looked at.
      const deep = depthOf(text.slice(0, bytes.subarray(0, scanner.errorAt + 1).toString().length));
      demand(deep > maxDepth, 'it gives up for its depth only where it is too deep', deep);
      return;
    }
    demand(accepted === (parsed(bytes) !== undefined), 'accepts exactly what JSON.parse accepts', accepted);
    if (end < 0) demand(scanner.errorAt >= 0 && scanner.errorAt <= bytes.length, 'the error is in the text');
  },
};

/** A document is taken to pieces as `JSON.parse` sees them, or refused as a whole. */
export const documentTarget: Target = {
  name: 'json document',
  share: 80,
  run: (random, input) => {
    const make = (): string =>
      random.oneIn(5)
        ? event(random)
        : `${space(random)}[${random.list(random.oneIn(20) ? 30 : 5, () => space(random) + event(random)).join(',')}]`;
    const bytes = maybeDamaged(random, (random.oneIn(20) ? '\ufeff' : '') + make(), make());
    input(bytes);
    const items = findItems(new JsonScanner(maxDepth), bytes, limits);
    const marked = bytes.subarray(0, 3).equals(Buffer.from('\ufeff'));
    const whole = parsed(marked ? bytes.subarray(3) : bytes);
    if ('code' in items) {
      const count = Array.isArray(whole?.value) ? whole.value.length : undefined;
      if (items.code === 'empty_body')
        demand(count === 0 || bytes.toString().trim().length === 0, 'empty', count);
      else if (items.code === 'too_many_events') demand(!isUtf8(bytes) || count! > 20, 'too many', count);
      else if (items.code === 'too_deep') demand(depthOf(bytes.toString()) > maxDepth, 'too deep');
      else demand(whole === undefined, 'a whole document is not refused', items.code);
      return;
    }
    const { ranges, isArray } = items;
    if (!isArray) {
      demand(ranges.length === 2 && ranges[1] === bytes.length, 'one item is all of the body', ranges);
      return;
    }
    if (!isUtf8(bytes)) return; // items that are not UTF-8 are refused one by one
    demand(Array.isArray(whole?.value), 'an array is one to JSON.parse, too');
    const slices = whole.value.map((_, i) => parsed(bytes.subarray(ranges[2 * i], ranges[2 * i + 1]))?.value);
    demand(isDeepStrictEqual(slices, whole.value), 'the items are those of JSON.parse');
    demand(ranges.length === 2 * whole.value.length, 'and there are no others');
  },
};
