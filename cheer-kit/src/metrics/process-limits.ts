import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

/**
 * Cores that this process may use: the control group's quota where there is one (cgroup v2, `cpu.max` holds
 * `<quota> <period>` in microseconds, or `max`), else all that the system offers.
 */
export function availableCores(cpuMax: string | undefined = readCpuMax()): number {
  const cores = availableParallelism();
  const [quota, period] = (cpuMax ?? '').trim().split(/\s+/).map(Number);
  return quota && period && quota > 0 && period > 0 ? Math.min(cores, quota / period) : cores;
}

function readCpuMax(): string | undefined {
  try {
    return readFileSync('/sys/fs/cgroup/cpu.max', 'utf8');
  } catch {
    return undefined;
  }
}

/** Bytes that this process may use: the control group's limit, or the machine's memory. */
export function availableMemory(constrained: number | undefined = process.constrainedMemory()): number {
  const total = totalmem();
  return constrained && constrained > 0 ? Math.min(constrained, total) : total;
}
