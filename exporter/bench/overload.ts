import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, root, runId } from './events';
import { ExporterProcess } from './exporter-process';
import type { LoadCounts, LoadOrder } from './overload-load';

export interface Overload {
  readonly eventsPerRequest: number;
  /** Events a second that are acknowledged, in a closed loop that keeps the exporter busy. */
  readonly peak: number;
  /** Events a second that fell due, and that went out over the connections that were not waiting for an answer. */
  readonly due: number;
  readonly sent: number;
  /** Of what was sent, and acknowledged; events a second. */
  readonly goodput: number;
  readonly refused: number;
  readonly failed: number;
  readonly goodputToPeak: number;
  /** Processor time of the exporter for each event that was acknowledged, refusals included, in microseconds. */
  readonly peakCpu: number;
  readonly overloadCpu: number;
  /** Milliseconds from sending to the answer of acknowledged requests, the median of all quarter seconds. */
  readonly peakLatency: Latency;
  readonly overloadLatency: Latency;
  /** Seconds from the end of the overload; null: not within a minute. */
  readonly recovery: Recovery;
  /** Modes that the API told meanwhile. */
  readonly modes: readonly string[];
}

interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

interface Recovery {
  /** Nothing is turned away any more. */
  readonly modeNormal: number | null;
  /** That, and every condition but the error budget holds, which remembers for an hour. */
  readonly conditionsHold: number | null;
  /** The state is green. */
  readonly green: number | null;
}

const peakConnections = 64;
const overloadConnections = 2_000;
const times = 10;
const patienceMs = 60_000;
/** Of each measurement the first seconds don't count: code is still being compiled, and the control law sets in. */
const settleSeconds = 3;

/** Ten times the peak, as far as this machine can send it, from a process of its own. */
export async function measureOverload(seconds: number, eventsPerRequest: number): Promise<Overload> {
  // The hold is for people, who don't want the state to flap; here it is about when the reasons are over.
  const exporter = await ExporterProcess.start({ SELFCHEER_CHEER_HOLD_SECONDS: '0' });
  try {
    const at = { host: exporter.http.hostname, port: Number(exporter.http.port), eventsPerRequest, seconds };
    await load({ ...at, seconds: 5, run: runId(), connections: peakConnections });
    const cost = async (order: LoadOrder): Promise<[LoadCounts, number]> => {
      const cpuBefore = exporter.cpuSeconds();
      const lines = await load(order);
      const taken = lines.reduce((sum, { accepted }) => sum + accepted, 0) * eventsPerRequest;
      return [summary(lines), Math.round(((exporter.cpuSeconds() - cpuBefore) / taken) * 1e6)];
    };
    const [peak, peakCpu] = await cost({ ...at, run: runId(), connections: peakConnections });
    const modes = new Set<string>();
    const watching = new AbortController();
    const watched = watch(exporter, modes, watching.signal);
    const rate = times * peak.accepted;
    const [over, overloadCpu] = await cost({ ...at, run: runId(), connections: overloadConnections, rate });
    const endedAt = performance.now();
    const recovery = await recover(exporter, endedAt);
    watching.abort();
    await watched;
    const events = (requests: number): number => Math.round(requests * eventsPerRequest);
    return {
      eventsPerRequest,
      peak: events(peak.accepted),
      due: events(over.due),
      sent: events(over.sent),
      goodput: events(over.accepted),
      refused: events(over.refused),
      failed: events(over.failed),
      goodputToPeak: Math.round((over.accepted / peak.accepted) * 100) / 100,
      peakCpu,
      overloadCpu,
      peakLatency: latencyOf(peak),
      overloadLatency: latencyOf(over),
      recovery,
      modes: [...modes],
    };
  } finally {
    await exporter.stop();
  }
}

/** Requests a second of each kind. */
function summary(lines: readonly LoadCounts[]): LoadCounts {
  const counted = lines.slice(settleSeconds * 4);
  const perSecond = (pick: (line: LoadCounts) => number): number =>
    counted.reduce((sum, line) => sum + pick(line), 0) / (counted.length / 4);
  const middle = (pick: (line: LoadCounts) => number): number =>
    median(counted.filter(({ accepted }) => accepted > 0).map(pick));
  return {
    due: perSecond(({ due }) => due),
    sent: perSecond(({ sent }) => sent),
    accepted: perSecond(({ accepted }) => accepted),
    refused: perSecond(({ refused }) => refused),
    failed: perSecond(({ failed }) => failed),
    p50: middle(({ p50 }) => p50),
    p90: middle(({ p90 }) => p90),
    p99: middle(({ p99 }) => p99),
  };
}

async function load(order: LoadOrder): Promise<LoadCounts[]> {
  const tsx = join(root, 'node_modules/.bin/tsx');
  const child = spawn(tsx, [join(root, 'exporter/bench/overload-load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(`${JSON.stringify(order)}\n`);
  const lines: LoadCounts[] = [];
  for await (const line of createInterface({ input: child.stdout }))
    lines.push(JSON.parse(line) as LoadCounts);
  return lines;
}

interface Summary {
  readonly mode: string;
  readonly cheer: { readonly state: string; readonly reasons: readonly { readonly code: string }[] };
}

async function read(exporter: ExporterProcess): Promise<Summary> {
  return (await fetch(new URL('/api/v1/summary', exporter.admin))).json() as Promise<Summary>;
}

async function watch(exporter: ExporterProcess, modes: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    modes.add((await read(exporter)).mode);
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}

function latencyOf({ p50, p90, p99 }: LoadCounts): Latency {
  return { p50: Math.round(p50), p90: Math.round(p90), p99: Math.round(p99) };
}

/** Asks until the state is green, and notes when each sign of being well was there for the first time. */
async function recover(exporter: ExporterProcess, endedAt: number): Promise<Recovery> {
  const at: { -readonly [K in keyof Recovery]: Recovery[K] } = {
    modeNormal: null,
    conditionsHold: null,
    green: null,
  };
  while (at.green === null && performance.now() - endedAt < patienceMs) {
    const { mode, cheer } = await read(exporter);
    const seconds = Math.round((performance.now() - endedAt) / 100) / 10;
    if (mode === 'normal') {
      at.modeNormal ??= seconds;
      if (cheer.reasons.every(({ code }) => code === 'error_budget')) at.conditionsHold ??= seconds;
    }
    if (cheer.state === 'green') at.green = seconds;
    else await sleep(100);
  }
  return at;
}
