import { waitFor } from '../../../exporter/test/helpers/wait';
import type { Notice } from '../../helpers/webhook-receiver';
import { type Fault, stages } from './faults';
import type { Scene } from './scene';

const arriveMs = 150_000;
const resolveMs = 150_000;
/** Comes all the time, to show that alerts are delivered. */
const watchdog = 'CheerWatchdog';
const silent = ['info', 'none'];

/** What became of one fault; seconds. */
export interface Row {
  readonly fault: string;
  /** Each alert, and how long after the beginning it arrived. */
  readonly arrived: Readonly<Record<string, number>>;
  /** How long after the end it was resolved. */
  readonly resolved: Readonly<Record<string, number>>;
  /** What fired and was kept back by another alert. */
  readonly inhibited: readonly string[];
}

export interface Timeline {
  readonly rows: readonly Row[];
  /** What came and belongs to no fault that was there. */
  readonly falseAlerts: readonly string[];
  /** How often the alert came that always fires. */
  readonly watchdogs: number;
  readonly seconds: number;
}

/** What tells alerts apart: the name, the service and what it is about. */
export function keyOf(labels: Readonly<Record<string, string>>): string {
  const { alertname, service, slo, burn_tier, volume, downstream, queue } = labels;
  return [alertname, service, slo, burn_tier, volume, downstream, queue].filter(Boolean).join(' ');
}

function seconds(from: number, to: number): number {
  return Math.round((to - from) / 100) / 10;
}

class Runner {
  /** What may arrive from then on, monotonic milliseconds, by key. */
  private readonly allowed = new Map<string, { from: number; to: number }[]>();

  constructor(private readonly scene: Scene) {}

  private notice(key: string, status: Notice['status'], since: number): Notice | undefined {
    return this.scene.webhook.notices.find(
      (notice) => notice.at >= since && notice.status === status && keyOf(notice.labels) === key,
    );
  }

  /** Faults that follow each other; they end together, with the last. */
  async strand(faults: readonly Fault[]): Promise<Row[]> {
    const begun: {
      fault: Fault;
      arrived: Record<string, number>;
      windows: { from: number; to: number }[];
    }[] = [];
    for (const fault of faults) {
      const from = performance.now();
      const windows = fault.expected.map((key) => {
        const window = { from, to: Infinity };
        this.allowed.set(key, [...(this.allowed.get(key) ?? []), window]);
        return window;
      });
      await fault.begin(this.scene);
      const arrived: Record<string, number> = {};
      await this.all(`${fault.name}: arrival of`, arriveMs, fault.expected, (key) => {
        const notice = this.notice(key, 'firing', from);
        if (notice) arrived[key] = seconds(from, notice.at);
        return notice !== undefined;
      });
      await this.keptBack(fault);
      begun.push({ fault, arrived, windows });
    }
    const until = performance.now();
    await faults.at(-1)?.end?.(this.scene);
    const resolutions = begun.map(async ({ fault, arrived, windows }) => {
      const resolved: Record<string, number> = {};
      await this.all(`${fault.name}: resolution of`, resolveMs, fault.expected, (key) => {
        const notice = this.notice(key, 'resolved', until);
        if (notice) resolved[key] = seconds(until, notice.at);
        return notice !== undefined;
      });
      for (const window of windows) window.to = performance.now();
      return { fault: fault.name, arrived, resolved, inhibited: fault.inhibited };
    });
    return Promise.all(resolutions);
  }

  private async all(
    what: string,
    withinMs: number,
    keys: readonly string[],
    has: (key: string) => boolean,
  ): Promise<void> {
    let missing = keys;
    await waitFor(what, withinMs, () => (missing = missing.filter((key) => !has(key))).length === 0).catch(
      async (error: unknown) => {
        const firing = (await this.scene.alertmanager.alerts()).map(({ labels, status }) => [
          keyOf(labels),
          status.state,
        ]);
        throw new Error(`${what} ${missing.join(', ')}; firing: ${JSON.stringify(firing)}`, { cause: error });
      },
    );
  }

  /** Waits until Alertmanager holds each of these, and keeps it back. */
  private async keptBack({ name, inhibited }: Fault): Promise<void> {
    let held: readonly string[] = [];
    await waitFor(`${name}: ${inhibited.join(', ')} are inhibited`, arriveMs, async () => {
      const alerts = await this.scene.alertmanager.alerts();
      held = alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => keyOf(labels));
      return inhibited.every((key) => held.includes(key));
    });
  }

  /** Waits until nothing fires any more that anybody is told of. */
  async calm(): Promise<void> {
    let loud: string[] = [];
    await waitFor('calm', resolveMs, async () => {
      const alerts = await this.scene.alertmanager.alerts();
      loud = alerts
        .filter(({ labels }) => !silent.includes(labels['severity'] ?? ''))
        .map(({ labels }) => keyOf(labels));
      return loud.length === 0;
    }).catch((error: unknown) => {
      throw new Error(`still firing: ${loud.join(', ')}`, { cause: error });
    });
  }

  falseAlerts(): string[] {
    const found = new Set<string>();
    for (const { at, status, labels } of this.scene.webhook.notices) {
      const key = keyOf(labels);
      if (key === watchdog) continue;
      const windows = this.allowed.get(key) ?? [];
      // A resolved one is told of together with others of its group; only the first time is news.
      if (status === 'firing' && !windows.some(({ from, to }) => at >= from && at <= to)) found.add(key);
    }
    return [...found];
  }

  /** Resolves once the watchdog has come again. */
  async watched(): Promise<number> {
    const count = (): number =>
      this.scene.webhook.notices.filter(({ labels }) => keyOf(labels) === watchdog).length;
    const before = count();
    await waitFor('the watchdog', arriveMs, () => count() > before);
    return count();
  }
}

/** Lets all faults happen, and sees all of them end. */
export async function runTimeline(scene: Scene): Promise<Timeline> {
  const began = performance.now();
  const runner = new Runner(scene);
  await runner.watched();
  const rows: Row[] = [];
  for (const stage of stages) {
    rows.push(...(await Promise.all(stage.map((strand) => runner.strand(strand)))).flat());
    await runner.calm();
  }
  const watchdogs = await runner.watched();
  return {
    rows,
    falseAlerts: runner.falseAlerts(),
    watchdogs,
    seconds: seconds(began, performance.now()),
  };
}
