import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaBroker } from '../../e2e/helpers/kafka-broker';
import { bodies, flightLines, median, root, runId } from './events';
import { ExporterProcess } from './exporter-process';

const run = promisify(execFile);
const linesPerRequest = 2_000;
const connections = 8;

export interface Throughput {
  readonly events: number;
  /** Events a second of each round, and of the yardsticks beside it. */
  readonly rounds: readonly {
    exporter: number;
    sameMessages: number;
    linesOnly: number;
    cpuMicrosecondsPerEvent: number;
  }[];
  /** Medians of exporter / yardstick, round by round. */
  readonly ratioToSameMessages: number;
  readonly ratioToLinesOnly: number;
}

/** Durable NDJSON ingest through to Kafka, against bare kafkajs on the same broker, in turn. */
export async function measureThroughput(
  kafka: KafkaBroker,
  events: number,
  rounds: number,
): Promise<Throughput> {
  const broker = kafka.brokers[0];
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  for (const topic of ['events', 'events.synthetic', 'bare']) await kafka.createTopic(topic, 6);
  const exporter = await ExporterProcess.start({ KAFKA_BROKERS: broker });
  const published = async (): Promise<number> => {
    const offsets = await admin.fetchTopicOffsets('events');
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  };

  const throughExporter = async (count: number): Promise<{ rate: number; cpu: number }> => {
    const requests = bodies(flightLines(count, runId()), linesPerRequest);
    const goal = (await published()) + count;
    const cpuBefore = exporter.cpuSeconds();
    const startedAt = performance.now();
    let at = 0;
    const worker = async (): Promise<void> => {
      while (at < requests.length) await exporter.post(requests[at++]!, 'application/x-ndjson');
    };
    await Promise.all(Array.from({ length: connections }, worker));
    const ackedAt = performance.now();
    // The broker's own offsets say when everything is there.
    while ((await published()) < goal) await new Promise((resolve) => setTimeout(resolve, 20));
    const seconds = (performance.now() - startedAt) / 1000;
    process.stderr.write(`    acked ${Math.round(count / ((ackedAt - startedAt) / 1000))}/s\n`);
    return { rate: count / seconds, cpu: ((exporter.cpuSeconds() - cpuBefore) / count) * 1e6 };
  };
  const bare = async (count: number, kind: 'messages' | 'lines'): Promise<number> => {
    const script = join(root, 'exporter/bench/bare-kafkajs.ts');
    const tsx = join(root, 'node_modules/.bin/tsx');
    const { stdout } = await run(tsx, [script, broker, 'bare', String(count), runId(), kind]);
    return count / Number(stdout);
  };

  await throughExporter(Math.min(events, 50_000));
  await bare(Math.min(events, 50_000), 'messages');
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    const { rate, cpu } = await throughExporter(events);
    const one = {
      exporter: Math.round(rate),
      sameMessages: Math.round(await bare(events, 'messages')),
      linesOnly: Math.round(await bare(events, 'lines')),
      cpuMicrosecondsPerEvent: Math.round(cpu * 10) / 10,
    };
    process.stderr.write(`  round ${round + 1}: ${JSON.stringify(one)}\n`);
    measured.push(one);
  }
  await exporter.stop();
  await admin.disconnect();
  return {
    events,
    rounds: measured,
    ratioToSameMessages: median(measured.map((one) => one.exporter / one.sameMessages)),
    ratioToLinesOnly: median(measured.map((one) => one.exporter / one.linesOnly)),
  };
}
