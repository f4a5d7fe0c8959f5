import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { scanProblem } from './envelope';
import type { GroupPipeline } from './group-pipeline';
import type { ItemReader } from './item-reader';
import type { JsonScanner } from './json-scanner';
import { itemProblem, type RequestProblem } from './problem';

/** Events that are read in one go; then others have their turn. */
const itemsAtOnce = 250;

/** Where each event of a JSON document stands: byte offsets, start and end in turn. */
interface Items {
  readonly ranges: readonly number[];
  readonly isArray: boolean;
}

export interface DocumentLimits {
  readonly eventBytes: number;
  readonly eventsPerRequest: number;
}

/** Checks the whole document before any event of it is taken; a broken array has no item that can be trusted. */
export function findItems(
  scanner: JsonScanner,
  body: Buffer,
  limits: DocumentLimits,
): Items | RequestProblem {
  const end = body.length;
  const first = scanner.whitespace(body, startOf(body), end);
  if (first >= end) return { code: 'empty_body', detail: 'the body is empty: send at least one event' };
  // What one event breaks off with is told by its reader, which also knows its id.
  if (body[first] !== 0x5b) return { ranges: [first, end], isArray: false };
  const ranges: number[] = [];
  let count = 0;
  let at = scanner.whitespace(body, first + 1, end);
  let after: number | undefined = body[at];
  if (after === 0x5d) at++;
  while (after !== 0x5d) {
    const start = scanner.whitespace(body, at, end);
    if ((at = scanner.value(body, start, end, 1)) < 0) return broken(scanner, count, start, end);
    if (++count <= limits.eventsPerRequest) ranges.push(start, at);
    at = scanner.whitespace(body, at, end);
    after = at < end ? body[at] : undefined;
    if (after !== 0x2c && after !== 0x5d) {
      scanner.fail(at);
      return broken(scanner, count - 1, start, end);
    }
    at++;
  }
  if ((at = scanner.whitespace(body, at, end)) < end) {
    return { code: 'malformed_json', detail: `not JSON: something follows the array, at byte ${at + 1}` };
  }
  if (count === 0) return { code: 'empty_body', detail: 'the array has no event: send at least one' };
  if (count <= limits.eventsPerRequest) return { ranges, isArray: true };
  const detail = `${count} events, at most ${limits.eventsPerRequest} are allowed; none was taken`;
  return { code: 'too_many_events', detail };
}

/** Hands the events on in order, no faster than they become durable. Stops when the pipeline is refused more. */
export async function readItems(
  reader: ItemReader,
  body: Buffer,
  { ranges }: Items,
  pipeline: GroupPipeline,
  limits: DocumentLimits,
): Promise<void> {
  const checked = isUtf8(body);
  for (let i = 0; i < ranges.length && !pipeline.refusal; i += 2) {
    if (pipeline.busy) await pipeline.ready();
    const start = ranges[i] as number;
    const end = ranges[i + 1] as number;
    const index = i / 2;
    if (index % itemsAtOnce === itemsAtOnce - 1) await setImmediate();
    if (!checked && !isUtf8(body.subarray(start, end))) {
      pipeline.add(itemProblem('invalid_utf8', 'the event is not UTF-8'), null, index, 0);
    } else if (end - start > limits.eventBytes) {
      const detail = `the event has ${end - start} bytes; at most ${limits.eventBytes} are allowed`;
      pipeline.add(itemProblem('event_too_large', detail), null, index, 0);
    } else {
      const draft = reader.read(body, start, end);
      pipeline.add(draft, reader.id, index, 0);
    }
  }
}

/** Position after a byte order mark, which a reader may pass over (RFC 8259, section 8.1). */
function startOf(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

function broken(scanner: JsonScanner, index: number, start: number, end: number): RequestProblem {
  const { code, detail } = scanProblem(scanner, start, end);
  return {
    code,
    detail: `item ${index} of the array: ${detail} of the item; nothing of the array was taken`,
  };
}
