import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Limits } from '../config/schema';
import { isBinaryCloudEvent, readBinaryCloudEvent } from './cloud-event-headers';
import { CloudEventReader } from './cloud-events';
import { EventReader } from './event-reader';
import { GroupPipeline, type PipelineOptions } from './group-pipeline';
import type { Intake } from './intake';
import type { ItemReader } from './item-reader';
import { JsonScanner } from './json-scanner';
import { findItems, readItems } from './json-document';
import { smallBodyBytes, type LargeBody } from './large-bodies';
import { isUtf8Charset, parseMediaType } from './media-type';
import { NdjsonReader } from './ndjson-reader';
import type { RequestProblem } from './problem';
import { HaltError, RequestBody } from './request-body';

/** Longest wait of one request for memory before it is refused, in milliseconds. */
const maxMemoryWaitMs = 5_000;

export type BodyFormat = 'json' | 'ndjson' | 'cloudevent' | 'cloudevents-batch' | 'cloudevent-binary';

const formats: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/cloudevents+json': 'cloudevent',
  'application/cloudevents-batch+json': 'cloudevents-batch',
};
export const supportedTypes = Object.keys(formats).join(', ');

/** What the headers say that the body is. Binary CloudEvents carry any type, the others one of four. */
export function formatOf(headers: IncomingMessage['headers']): BodyFormat | RequestProblem {
  const header = headers['content-type'];
  const { essence, charset } = parseMediaType(header ?? '');
  const format = Object.hasOwn(formats, essence) ? formats[essence] : undefined;
  if (!format?.startsWith('cloudevent') && isBinaryCloudEvent(headers)) return 'cloudevent-binary';
  if (format === undefined) {
    const named = header === undefined ? 'without a content type' : `of the type ${JSON.stringify(essence)}`;
    return {
      code: 'unsupported_media_type',
      detail: `A body ${named}; send ${supportedTypes} or CloudEvents headers`,
    };
  }
  if (isUtf8Charset(charset)) return format;
  return { code: 'unsupported_media_type', detail: `The charset ${JSON.stringify(charset)}; send UTF-8` };
}

/** A request whose headers were accepted. */
export interface BodyRequest {
  readonly request: IncomingMessage;
  readonly format: BodyFormat;
  readonly encoding: string;
  readonly delivery: PipelineOptions['delivery'];
  readonly minimal: boolean;
}

/** What a body came to. With `halted`, the events before it are in the pipeline all the same. */
export interface BodyOutcome {
  readonly pipeline: GroupPipeline;
  readonly halted: HaltError['halt'] | undefined;
  /** Gives the memory back; call it when the answer is written. */
  readonly close: () => void;
}

/** Most bytes that a body of this format may have, on the wire and decompressed. */
export function maxBodyBytes(format: BodyFormat, limits: Limits): number {
  return format === 'ndjson' ? limits.streamBytes : limits.bodyBytes;
}

/** Reads bodies of every supported format into the outbox. One for all requests: its parts keep no state between them. */
export class BodyIntake {
  readonly #intake: Intake;
  readonly #limits: Limits;
  readonly #scanner: JsonScanner;
  readonly #events: ItemReader;
  readonly #cloudEvents: ItemReader;

  constructor(intake: Intake, limits: Limits) {
    this.#intake = intake;
    this.#limits = limits;
    this.#scanner = new JsonScanner(limits.jsonDepth);
    this.#events = new EventReader(intake, this.#scanner);
    this.#cloudEvents = new CloudEventReader(intake, this.#scanner);
  }

  /** Reads the body and submits its events. Settles when all was read or will not be; then `pipeline.finish()`. */
  async take(from: BodyRequest): Promise<BodyOutcome> {
    const { intake, limits } = { intake: this.#intake, limits: this.#limits };
    const pipeline = new GroupPipeline({
      intake,
      delivery: from.delivery,
      position: from.format === 'ndjson' ? 'line' : 'index',
      minimal: from.minimal,
    });
    const large = intake.large.open();
    const body = new RequestBody(from.request, {
      encoding: from.encoding,
      maxBytes: maxBodyBytes(from.format, limits),
      deadlineMs: limits.requestSeconds * 1000,
      minBytesPerSecond: limits.minBytesPerSecond,
      maxWaitMs: maxMemoryWaitMs,
      memory: intake.memory,
      large,
      clock: intake.clock,
      onShort: () => pipeline.flush(),
      onWaited: (ms) => pipeline.waited(ms),
    });
    let held = 0;
    const close = (): void => {
      pipeline.close();
      intake.memory.release(held);
      held = 0;
      large.close();
    };
    let halted: HaltError['halt'] | undefined;
    try {
      if (from.format === 'ndjson') await this.#lines(body, large, pipeline);
      else {
        const whole = await body.whole();
        held = whole.length;
        await this.#document(whole, from, pipeline);
      }
    } catch (error) {
      if (!(error instanceof HaltError)) {
        close();
        throw error;
      }
      halted = error.halt;
    } finally {
      body.close();
    }
    return { pipeline, halted, close };
  }

  async #lines(body: RequestBody, large: LargeBody, pipeline: GroupPipeline): Promise<void> {
    const { memory } = this.#intake;
    const lines = new NdjsonReader(this.#events, pipeline, this.#limits);
    let unread = 0;
    try {
      for await (const chunk of body.chunks()) {
        unread = chunk.length;
        for (let at = 0; at < chunk.length;) {
          at = lines.read(chunk, at);
          unread = chunk.length - at;
          if (lines.full) throw tooMany(this.#limits.eventsPerRequest);
          if (pipeline.busy) await pipeline.ready();
          if (pipeline.refusal) return;
          if (at < chunk.length) await setImmediate(); // thousands of bad lines fit a chunk, and nothing else waits
        }
        pipeline.nudge();
        // Like a whole body, a line that does not end keeps its memory for as long as it comes.
        if (lines.carried <= smallBodyBytes) large.shrink();
        else await body.holds(lines.carried);
      }
      lines.end();
      if (lines.full) throw tooMany(this.#limits.eventsPerRequest);
      if (lines.events === 0)
        throw halt({ code: 'empty_body', detail: 'the body has no line with an event' });
    } finally {
      memory.release(unread + lines.carried);
    }
  }

  async #document(body: Buffer, from: BodyRequest, pipeline: GroupPipeline): Promise<void> {
    if (from.format === 'cloudevent-binary') {
      const { id, checked } = readBinaryCloudEvent(this.#intake, this.#scanner, from.request.headers, body);
      pipeline.add(checked, id, 0, 0);
      return;
    }
    const items = findItems(this.#scanner, body, this.#limits);
    if ('code' in items) throw halt(items);
    if (items.isArray !== (from.format === 'cloudevents-batch') && from.format !== 'json') {
      const detail = items.isArray
        ? 'an array: several CloudEvents are application/cloudevents-batch+json'
        : 'not an array: a batch of CloudEvents is a JSON array';
      throw halt({ code: 'not_an_object', detail });
    }
    const reader = from.format === 'json' ? this.#events : this.#cloudEvents;
    await readItems(reader, body, items, pipeline, this.#limits);
  }
}

function halt(problem: RequestProblem): HaltError {
  return new HaltError({ kind: 'problem', problem });
}

function tooMany(limit: number): HaltError {
  const detail = `more than ${limit} events: the first ${limit} were taken, send the rest in further requests`;
  return halt({ code: 'too_many_events', detail });
}
