import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, runId } from './events';
import { ExporterProcess } from './exporter-process';

export interface Latency {
  readonly eventsPerSecond: number;
  readonly events: number;
  /** Milliseconds from sending one event to its acknowledgement. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of the disk's own fdatasync after 4 KiB, measured in the same seconds. */
  readonly fsyncP50: number;
  readonly fsyncP99: number;
  readonly holdsAbsolute: boolean;
  readonly holdsRelative: boolean;
}

const rate = 1_000;
const absoluteMs = 20;

/** Single events at 1,000 a second, each acknowledged by itself, beside the disk's own sync time. */
export async function measureLatency(seconds: number): Promise<Latency> {
  const exporter = await ExporterProcess.start();
  const warm = await drive(exporter, 3);
  if (warm.length === 0) throw new Error('nothing was acknowledged');
  // The disk is probed before and after, not during: its probes would queue in front of the exporter's syncs.
  const probes = probeDisk(500);
  const taken = await drive(exporter, seconds);
  probes.push(...probeDisk(500));
  await exporter.stop();
  const p99 = percentile(taken, 99);
  const fsyncP99 = percentile(probes, 99);
  return {
    eventsPerSecond: rate,
    events: taken.length,
    p50: percentile(taken, 50),
    p99,
    fsyncP50: percentile(probes, 50),
    fsyncP99,
    holdsAbsolute: p99 < absoluteMs,
    holdsRelative: p99 < 2 * fsyncP99 + 5,
  };
}

/** Sends on schedule whatever the answers do, so that a stall is not hidden by a sender that waits. */
async function drive(exporter: ExporterProcess, seconds: number): Promise<number[]> {
  const run = runId();
  const taken: number[] = [];
  const open: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let i = 0; i < rate * seconds;) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    for (; i < Math.min(due, rate * seconds); i++) {
      const body = Buffer.from(`{"event_id":"${run}-${i}","payload":{"delay":${i % 90},"distance":${i}}}`);
      const sentAt = performance.now();
      open.push(
        exporter.post(body, 'application/json').then(() => void taken.push(performance.now() - sentAt)),
      );
    }
    await sleep(1);
  }
  await Promise.all(open);
  return taken;
}

function probeDisk(count: number): number[] {
  const directory = mkdtempSync(join(tmpdir(), 'selfcheer-fsync-'));
  const fd = openSync(join(directory, 'probe'), 'w');
  const block = Buffer.alloc(4096, 1);
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    writeSync(fd, block);
    const startedAt = performance.now();
    fdatasyncSync(fd);
    taken.push(performance.now() - startedAt);
  }
  closeSync(fd);
  rmSync(directory, { recursive: true, force: true });
  return taken;
}
