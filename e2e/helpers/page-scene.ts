import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../exporter/test/fault/support/wait-for';
import { HttpDownstream, json, status } from '../../exporter/test/helpers/http-downstream';
import { ExporterProcess } from './exporter-process';

type Env = Readonly<Record<string, string>>;

const orderSchema = {
  type: 'object',
  properties: { amount: { type: 'number' } },
  required: ['amount'],
};

/**
 * However slow the machine: no latency and no age changes the state, and no refusal spends the budget. Neither does an
 * improvement wait for a hold.
 */
export const patient: Env = {
  SELFCHEER_CHEER_HOLD_SECONDS: '0',
  SELFCHEER_CHEER_BUDGET_FLOOR_RATIO: '0',
  SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '60',
  SELFCHEER_SLO_LATENCY_TARGET_SECONDS: '60',
  SELFCHEER_SLO_DELIVERY_TARGET_SECONDS: '60',
  SELFCHEER_SLO_AVAILABILITY_OBJECTIVE: '0',
  SELFCHEER_SLO_LATENCY_OBJECTIVE: '0',
  SELFCHEER_SLO_DELIVERY_OBJECTIVE: '0',
  // A slow machine must not look like an overload.
  SELFCHEER_INGEST_OVERLOAD_TARGET_MS: '5000',
};

export interface SceneOptions {
  readonly env?: Env;
  /** How many bytes of unsent events it takes. */
  readonly quotaBytes?: number;
  /** Go out with everything that is sent to it. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A real exporter whose state is chosen. It asks a service named `customers` about every order: while that is away,
 * lanes wait and its breaker is open (yellow), and then its small outbox gets full (red). An order without an amount
 * goes to quarantine. The flag `health-cheer` stands in a file.
 */
export class PageScene {
  private orders = 0;
  private readonly pressing = new AbortController();
  private pressed: Promise<void> | undefined;

  private constructor(
    readonly exporter: ExporterProcess,
    private readonly customers: HttpDownstream,
    private readonly directory: string,
  ) {}

  static async start({
    env = {},
    quotaBytes = 4 * 2 ** 20,
    headers = {},
  }: SceneOptions = {}): Promise<PageScene> {
    const directory = await mkdtemp(path.join(tmpdir(), 'selfcheer-page-'));
    const customers = await HttpDownstream.start();
    try {
      const dataDir = path.join(directory, 'data');
      const schemaFile = path.join(directory, 'order.schema.json');
      const flagsFile = path.join(directory, 'flags.json');
      await mkdir(dataDir);
      await writeFile(schemaFile, JSON.stringify(orderSchema));
      await writeFile(flagsFile, flags(true));
      customers.answer = json({ tier: 'gold' });
      const settings = {
        SELFCHEER_SERVICE: 'orders',
        SELFCHEER_CHEER_HEARTBEAT_SECONDS: '0.5',
        SELFCHEER_OUTBOX_QUOTA_BYTES: String(quotaBytes),
        SELFCHEER_OUTBOX_BALLAST_BYTES: '0',
        SELFCHEER_PUBLISH_BACKOFF_MAX_MS: '500',
        SELFCHEER_FLAGS_FILE: flagsFile,
        SELFCHEER_ENRICH: JSON.stringify([
          { step: 'normalize' },
          { step: 'fingerprint' },
          { step: 'schema', name: 'order', file: schemaFile, types: ['shop.order'] },
          {
            ...{
              step: 'lookup',
              name: 'customers',
              url: `${customers.url}/v1/{customer}`,
              field: 'customer',
            },
            ...{ attempts: 1, types: ['shop.order'], cache: { ttlSeconds: 0, staleSeconds: 0 } },
            breaker: { minimumCalls: 1, sleepSeconds: 2, maxSleepSeconds: 2 },
          },
        ]),
      };
      const exporter = await ExporterProcess.start({ ...settings, ...env }, { dataDir, headers });
      return new PageScene(exporter, customers, directory);
    } catch (error) {
      await customers.stop();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Of the live page. */
  get url(): string {
    return `http://${this.exporter.addresses.admin}/`;
  }

  /** Sends events as they are; the answer's status. */
  async send(events: readonly object[]): Promise<number> {
    const response = await this.exporter.post(JSON.stringify(events), { 'content-type': 'application/json' });
    await response.arrayBuffer();
    return response.status;
  }

  /** Sends orders with made-up customers and payloads of so many bytes; the answer's status. */
  sendOrders(count: number, payloadBytes = 100): Promise<number> {
    const note = 'x'.repeat(payloadBytes);
    return this.send(
      Array.from({ length: count }, () => {
        const n = ++this.orders;
        const payload = { customer: `c${n % 50}`, amount: n % 100, note };
        return { event_id: `order-${n}`, type: 'shop.order', key: `c${n % 50}`, payload };
      }),
    );
  }

  /** From now on `customers` answers 503. */
  loseCustomers(): void {
    this.customers.answer = status(503);
  }

  /** From now on large orders keep coming, until they are refused because the outbox is full, and beyond that. */
  async press(): Promise<void> {
    const { signal } = this.pressing;
    const oneMore = (): Promise<number> => this.sendOrders(1, 400_000);
    await waitFor('a refusal', 30_000, async () => (await oneMore()) === 503);
    this.pressed = (async () => {
      while (!signal.aborted) {
        await oneMore();
        await sleep(200);
      }
    })();
    // Told by relieve.
    this.pressed.catch(() => undefined);
  }

  /** The large orders end, and `customers` answers again. */
  async relieve(): Promise<void> {
    this.pressing.abort();
    await this.pressed;
    this.customers.answer = json({ tier: 'gold' });
  }

  /** Waits until the API tells this state. */
  async until(state: string): Promise<void> {
    await waitFor(`the state ${state}`, 60_000, async () => {
      const answer = await this.exporter.admin('/api/v1/cheer');
      return ((await answer.json()) as { state: string }).state === state;
    });
  }

  /** The kill switch, changed in its file. */
  async setCheer(on: boolean): Promise<void> {
    const next = path.join(this.directory, 'flags.next');
    await writeFile(next, flags(on));
    await rename(next, path.join(this.directory, 'flags.json'));
  }

  async dispose(): Promise<void> {
    this.pressing.abort();
    await this.pressed?.catch(() => undefined);
    await this.exporter.dispose();
    await this.customers.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** In the format of flagd's definitions. */
function flags(cheerOn: boolean): string {
  const variants = { on: true, off: false };
  return JSON.stringify({
    flags: {
      'health-cheer': { state: 'ENABLED', variants, defaultVariant: cheerOn ? 'on' : 'off' },
    },
  });
}
