import { setTimeout as sleep } from 'node:timers/promises';
import { bodies, flightLines, median, runId } from './events';
import { ExporterProcess } from './exporter-process';

export interface Memory {
  readonly events: number;
  /** Resident MiB after each part of the run, when the outbox had drained. */
  readonly residentMebibytes: readonly number[];
  /** Median of the last quarter of the parts to that of the second quarter: 1 is flat. */
  readonly growth: number;
}

const part = 100_000;
const linesPerRequest = 2_000;

/** Memory over a long run of distinct events, through to the embedded sink. */
export async function measureMemory(events: number): Promise<Memory> {
  const exporter = await ExporterProcess.start();
  const resident: number[] = [];
  for (let sent = 0; sent < events; sent += part) {
    const requests = bodies(flightLines(part, runId()), linesPerRequest);
    let at = 0;
    const worker = async (): Promise<void> => {
      while (at < requests.length) await exporter.post(requests[at++]!, 'application/x-ndjson');
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    while ((await exporter.metric('store_bytes')) > 0) await sleep(100);
    resident.push(Math.round(exporter.residentBytes() / 2 ** 20));
    process.stderr.write(`  ${sent + part} events: ${resident.at(-1)} MiB\n`);
  }
  await exporter.stop();
  const quarter = Math.max(1, Math.floor(resident.length / 4));
  const growth = median(resident.slice(-quarter)) / median(resident.slice(quarter, 2 * quarter));
  return { events, residentMebibytes: resident, growth: Math.round(growth * 100) / 100 };
}
