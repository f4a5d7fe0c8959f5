import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One record as an independent consumer (librdkafka, not kafkajs) reads it. */
export interface ConsumedRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds: of the broker's append with `message.timestamp.type=LogAppendTime`, else the producer's. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

interface Envelope {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string | null;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
}

/**
 * Reads a topic from offset 0 to its present end with kcat, record by record: it never holds the topic in memory.
 * Rejects when kcat is missing, fails, or is not through after `timeoutMs`.
 */
export async function* consumeTopic(
  broker: string,
  topic: string,
  timeoutMs = 120_000,
): AsyncGenerator<ConsumedRecord, void, undefined> {
  const args = ['-b', broker, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-J'];
  const kcat = spawn('kcat', args, { timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  kcat.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = once(kcat, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  ended.catch(() => undefined);
  try {
    // kcat's JSON holds the bytes as they are and escapes only what JSON must: one character a byte is binary safe.
    for await (const line of createInterface({ input: kcat.stdout.setEncoding('latin1') })) {
      yield decode(JSON.parse(line) as Envelope);
    }
    const [code, signal] = await ended;
    if (code !== 0) throw new Error(`kcat ended with ${signal ?? code}: ${complaint.trim()}`);
  } finally {
    kcat.kill();
  }
}

/** The whole topic at once, in the order of each partition. */
export async function readTopic(broker: string, topic: string): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  for await (const record of consumeTopic(broker, topic)) records.push(record);
  return records;
}

function decode({ partition, offset, ts, key, payload, headers = [] }: Envelope): ConsumedRecord {
  const named: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) {
    named[headers[at] ?? ''] = Buffer.from(headers[at + 1] ?? '', 'latin1').toString();
  }
  return { partition, offset, timestamp: ts, key: bytesOf(key), value: bytesOf(payload), headers: named };
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'latin1');
}
