import { type FileHandle, open } from 'node:fs/promises';
import { SelfcheerError, messageOf } from '../errors';
import { encodeLine } from './log-line';
import { LogRecents } from './log-recents';
import { findPublished, type Unsettled } from './log-recovery';
import * as segments from './log-segments';
import type { OutgoingMessage, PublishOutcome } from './publisher';

export interface LogOptions {
  readonly dataDir: string;
  /** A segment is closed once it holds this many bytes. */
  readonly segmentBytes: number;
  readonly logger: { warn(fields: object, message: string): void };
  /** What the relay may send again; without it the newest 16 MiB are read, whatever is in flight. */
  readonly unsettled?: Unsettled;
  /** Epoch milliseconds for `published_at`. */
  readonly now?: () => number;
  /** How files are opened; `node:fs` when absent. */
  readonly openFile?: typeof open;
}

interface Waiting {
  readonly batch: readonly OutgoingMessage[];
  readonly resolve: (outcome: PublishOutcome) => void;
}

/** The segment that is being written. Bytes beyond `durable` are not acknowledged to anybody. */
interface Segment {
  readonly number: number;
  durable: number;
}

/**
 * Writes one topic. Batches that arrive while others are being written share the next write and sync.
 *
 *   closed --open--> open --write and sync--> open
 *     ^                |
 *     '---any error----'   the file is closed; opening it again cuts it back to what is durable
 */
export class LogTopic {
  readonly #directory: string;
  readonly #options: LogOptions;
  readonly #recents = new LogRecents();
  #queue: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #handle: FileHandle | undefined;
  #segment: Segment | undefined;

  constructor(topic: string, options: LogOptions) {
    this.#directory = segments.topicDirectory(options.dataDir, topic);
    this.#options = options;
  }

  publish(batch: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      this.#queue.push({ batch, resolve });
      this.#draining ??= this.#drain();
    });
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    await this.#draining;
    await this.#closeFile();
  }

  async #drain(): Promise<void> {
    // Batches of the same moment, one of each lane, come into one write.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      const outcome = await this.#commit(group.flatMap(({ batch }) => batch));
      for (const { resolve } of group) resolve(outcome);
    }
    this.#draining = undefined;
  }

  async #commit(messages: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    const added: OutgoingMessage[] = [];
    try {
      await this.#ensureOpen();
      const publishedAt = new Date((this.#options.now ?? Date.now)()).toISOString();
      const lines: Buffer[] = [];
      for (const message of messages) {
        if (this.#recents.has(message)) continue;
        this.#recents.add(message);
        added.push(message);
        lines.push(encodeLine(message, publishedAt));
      }
      if (lines.length > 0) await this.#append(Buffer.concat(lines));
      return { kind: 'published' };
    } catch (error) {
      for (const message of added) this.#recents.remove(message);
      await this.#closeFile();
      return { kind: 'waiting', reason: 'unavailable', error: this.#explain(error) };
    }
  }

  async #append(data: Buffer): Promise<void> {
    const handle = this.#handle as FileHandle;
    const segment = this.#segment as Segment;
    for (let written = 0; written < data.length;) {
      const rest = data.length - written;
      const { bytesWritten } = await handle.write(data, written, rest, segment.durable + written);
      written += bytesWritten;
    }
    await handle.datasync();
    segment.durable += data.length;
  }

  async #ensureOpen(): Promise<void> {
    if (this.#handle && (await this.#handle.stat()).nlink === 0) {
      // Somebody removed the file: what is written to it from now on would be gone.
      await this.#closeFile();
      this.#segment = undefined;
    }
    if (!this.#handle) await this.#open();
    const segment = this.#segment as Segment;
    if (segment.durable >= this.#options.segmentBytes) {
      await this.#closeFile();
      await this.#create(segment.number + 1);
    }
  }

  async #open(): Promise<void> {
    await segments.createDirectory(this.#directory);
    this.#segment ??= await this.#recover();
    if (!this.#segment) return this.#create(1);
    const { number, durable } = this.#segment;
    try {
      const handle = await this.#openFile(segments.segmentPath(this.#directory, number), 'r+');
      this.#handle = handle;
      const { size } = await handle.stat();
      if (size < durable) {
        throw new SelfcheerError('sink_truncated', 'The newest segment has become shorter.', {
          retriable: true,
        });
      }
      if (size > durable) {
        await handle.truncate(durable);
        await handle.sync();
      }
    } catch (error) {
      // Not as it was left: look at it afresh the next time, unless only the disk failed.
      if (error instanceof SelfcheerError || segments.isMissing(error)) this.#segment = undefined;
      throw error;
    }
  }

  /** Learns from the newest segments where to go on and what is there already; undefined when there is none. */
  async #recover(): Promise<Segment | undefined> {
    const numbers = await segments.listSegments(this.#directory);
    const last = numbers.at(-1);
    if (last === undefined) return undefined;
    await segments.syncDirectory(this.#directory);
    const { newest, known } = await findPublished(this.#directory, numbers, this.#options.unsettled, (file) =>
      this.#syncFile(file),
    );
    for (const one of known) this.#recents.learn(one);
    const fields = { topicDirectory: this.#directory, segment: last };
    if (!newest.sound) {
      this.#options.logger.warn(fields, 'The last line of the log sink is damaged; a new segment is begun.');
      await this.#createFile(last + 1);
      return { number: last + 1, durable: 0 };
    }
    if (newest.size > newest.wholeBytes) {
      this.#options.logger.warn(
        fields,
        'A write of the log sink was cut off and never acknowledged; removed it.',
      );
    }
    return { number: last, durable: newest.wholeBytes };
  }

  async #create(number: number): Promise<void> {
    await this.#createFile(number);
    this.#segment = { number, durable: 0 };
    this.#handle = await this.#openFile(segments.segmentPath(this.#directory, number), 'r+');
  }

  /** `wx`: never over a file that is there. */
  async #createFile(number: number): Promise<void> {
    const handle = await this.#openFile(segments.segmentPath(this.#directory, number), 'wx');
    await handle.close();
    await segments.syncDirectory(this.#directory);
  }

  /** What is found may be in memory only: a process that was killed need not have come to its sync. */
  async #syncFile(file: string): Promise<void> {
    const handle = await this.#openFile(file, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #openFile(file: string, flags: string): Promise<FileHandle> {
    return (this.#options.openFile ?? open)(file, flags, 0o600);
  }

  async #closeFile(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // A failed close changes nothing: what was acknowledged has been synced.
    await handle?.close().catch(() => undefined);
  }

  #explain(error: unknown): SelfcheerError {
    if (error instanceof SelfcheerError) return error;
    return new SelfcheerError(
      'sink_unavailable',
      `The log sink can't write to ${this.#directory} (${messageOf(error)}). ` +
        'Check free space and permissions; it is tried again.',
      { retriable: true, cause: error },
    );
  }
}
