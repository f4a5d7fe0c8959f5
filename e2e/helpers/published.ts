import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { consumeTopic } from './kcat';

const run = promisify(execFile);

/** One message as a consumer sees it, whatever the sink. Messages of one key come in the order of the sink. */
export interface Message {
  readonly key: string;
  /** JSON text, byte for byte. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads a sink with nothing of the exporter's own code. */
export interface Consumer {
  messages(): AsyncGenerator<Message, void, undefined>;
  /** What grows with everything that is published, and only then. */
  ends(): Promise<unknown>;
}

/** Through kcat, which is built on librdkafka. */
export function kafkaConsumer(
  broker: string,
  topic: string,
  partitions: number,
  timeoutMs = 120_000,
): Consumer {
  return {
    async *messages() {
      for await (const { key, value, headers } of consumeTopic(broker, topic, timeoutMs)) {
        yield { key: String(key), value: String(value), headers };
      }
    },
    async ends() {
      const asked = Array.from({ length: partitions }, (_, partition) => ['-t', `${topic}:${partition}:-1`]);
      const { stdout } = await run('kcat', ['-b', broker, '-Q', ...asked.flat()], { timeout: 30_000 });
      return stdout.trim().split('\n').sort();
    },
  };
}

/** From the segment files, as the format is documented. */
export function logConsumer(dataDir: string, topic: string): Consumer {
  const directory = path.join(dataDir, 'published', topic);
  const files = async () => (await readdir(directory)).sort().map((name) => path.join(directory, name));
  return {
    async *messages() {
      for (const file of await files()) {
        // One character a byte: readline would also break lines at U+2028, which may stand in JSON.
        const input = createReadStream(file, 'latin1');
        for await (const line of createInterface({ input, crlfDelay: Infinity })) yield readLine(line);
      }
    },
    async ends() {
      return Promise.all((await files()).map(async (file) => [path.basename(file), (await stat(file)).size]));
    },
  };
}

/** A line of a segment, read as one character a byte; throws when it is none. */
export function readLine(latin1: string): Message {
  const line = Buffer.from(latin1, 'latin1').toString();
  const { key, value, headers } = JSON.parse(line) as Message;
  // A value that spans lines is there as a string with its exact text.
  if (typeof value === 'string') return { key, value, headers };
  const from = `{"key":${JSON.stringify(key)},"value":`.length;
  return { key, value: line.slice(from, line.lastIndexOf(',"headers":{')), headers };
}

/** The payload's bytes as they stand in a message's value. For payloads without a member `timestamp`. */
export function payloadOf({ value, headers }: Message): string {
  const head = `{"event_id":${JSON.stringify(headers['ce_id'])},"payload":`;
  if (!value.startsWith(head)) throw new Error(`another event_id than in ce_id: ${value.slice(0, 200)}`);
  return value.slice(head.length, value.lastIndexOf(',"timestamp":'));
}

/** What consumers tell duplicates by. */
export function identityOf({ headers }: Message): string {
  return `${headers['ce_source']} ${headers['ce_id']} ${headers['ce_revision']}`;
}
