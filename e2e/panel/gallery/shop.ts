import { setTimeout as sleep } from 'node:timers/promises';
import { PageScene } from '../../helpers/page-scene';
import { Prometheus } from '../../helpers/prometheus';

const names = ['orders', 'payments', 'stock', 'search', 'mail', 'prices'] as const;

type Name = (typeof names)[number];

const env = {
  SELFCHEER_CHEER_HEARTBEAT_SECONDS: '2',
  // An order may take two minutes: until then a customer service that is away spends no budget.
  SELFCHEER_SLO_DELIVERY_TARGET_SECONDS: '120',
  // Taken on any machine, however busy it is with the browser.
  SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '0.5',
  SELFCHEER_SLO_LATENCY_TARGET_SECONDS: '1',
};
const batchMs = 250;

/** A shop's six real exporters, each with a service that it asks, and a real Prometheus that scrapes them all. */
export class Shop {
  private readonly stop = new AbortController();
  private readonly feeding: Promise<unknown>;

  private constructor(
    readonly scenes: Readonly<Record<Name, PageScene>>,
    readonly prometheus: Prometheus,
  ) {
    this.feeding = Promise.all(
      Object.values(scenes).map((scene, index) => feed(scene, index, this.stop.signal)),
    );
    // Told by dispose.
    this.feeding.catch(() => undefined);
  }

  static async start(): Promise<Shop> {
    const started: [Name, PageScene][] = [];
    try {
      for (const name of names) {
        const scene = await PageScene.start({
          env: { ...env, SELFCHEER_SERVICE: name },
          quotaBytes: 12 * 2 ** 20,
        });
        started.push([name, scene]);
      }
      const targets = Object.fromEntries(
        started.map(([name, { exporter }]) => [name, exporter.addresses.admin]),
      );
      const prometheus = await Prometheus.start(targets);
      return new Shop(Object.fromEntries(started) as Record<Name, PageScene>, prometheus);
    } catch (error) {
      await Promise.all(started.map(([, scene]) => scene.dispose()));
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.stop.abort();
    await this.prometheus.dispose();
    await Promise.all(Object.values(this.scenes).map((scene) => scene.dispose()));
    await this.feeding;
  }
}

/** Orders at a rate that breathes, until it is stopped. */
async function feed(scene: PageScene, seed: number, signal: AbortSignal): Promise<void> {
  for (let tick = seed * 40; !signal.aborted; tick++) {
    const perSecond = 60 + 25 * Math.sin(tick / 40) + 10 * Math.random();
    const began = performance.now();
    // One that has ended takes none.
    await scene.sendOrders(Math.round((perSecond * batchMs) / 1000), 200).catch(() => undefined);
    await sleep(Math.max(0, batchMs - (performance.now() - began)));
  }
}
