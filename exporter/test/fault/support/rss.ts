import { readFileSync } from 'node:fs';
import type { ExporterProcess } from '../../../../e2e/helpers/exporter-process';

/** VmHWM: the most memory that a process had resident so far, in bytes. Source: proc(5). Absent when it is gone. */
export function peakRssOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

export interface RssWatch {
  /** Over all processes that the exporter has been, restarts included. */
  readonly peakBytes: number;
  stop(): void;
}

/** The kernel keeps the peak, so looking now and then only has to be often enough to catch a process before its end. */
export function watchRss(exporter: ExporterProcess): RssWatch {
  let peak = 0;
  const look = () => {
    if (exporter.pid !== undefined) peak = Math.max(peak, peakRssOf(exporter.pid) ?? 0);
  };
  const timer = setInterval(look, 100);
  timer.unref();
  return {
    get peakBytes() {
      look();
      return peak;
    },
    stop: () => clearInterval(timer),
  };
}
