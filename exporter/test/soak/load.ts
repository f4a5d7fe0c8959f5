import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceError, status as grpcStatus } from '@grpc/grpc-js';
import type { DrivenAnswer, DrivenEvent, LedgerDriver } from '../../../e2e/helpers/ledger-driver';
import { ReflectedClient } from '../../../e2e/helpers/reflected-client';
import type { Scene } from '../fault/support/scene';
import { keyOf } from './identities';
import { Updates } from './updates';

const service = 'selfcheer.v1.IngestService/IngestBatch';
/** Of a thousand events one does not match the schema, and of a hundred one is sent again. */
const poisonEvery = 1000;
const echoEvery = 100;
const updatesAtMost = 25;

export interface LoadOptions {
  readonly scene: Scene;
  /** Events a second. */
  readonly rate: number;
  /** Until everything has to be acknowledged; milliseconds. */
  readonly timeoutMs: number;
  /** An acknowledged request; seconds from when it was due. */
  readonly onAck: (seconds: number) => void;
}

/** JSON Schema that poison does not match. */
export const schema = JSON.stringify({ type: 'object', properties: { poison: false } });

export function isPoison(n: number): boolean {
  return n % poisonEvery === poisonEvery - 1;
}

/** Bodies of 30 to 400 bytes. */
function payloadOf(n: number): string {
  return `{"n":${n},"text":"${'x'.repeat((n * 7919) % 370)}"${isPoison(n) ? ',"poison":1' : ''}}`;
}

/** The steady load: two tenants, HTTP and gRPC, duplicates, updates and poison. */
export class Load {
  readonly drivers: LedgerDriver[] = [];
  readonly updates: Updates;
  readonly #running: Promise<unknown>[] = [];
  #echoes = 0;
  #stopped = false;
  readonly #takenTwice: string[] = [];

  private constructor(
    private readonly options: LoadOptions,
    private readonly client: ReflectedClient,
  ) {
    const { scene, rate } = options;
    const updates = Math.min(updatesAtMost, 0.05 * rate);
    this.#drive('web', 0.65 * rate);
    this.#drive('device', 0.35 * rate - updates, (events) => this.#overGrpc(events));
    this.updates = new Updates({
      ledger: `${scene.folder}/updates.txt`,
      rate: updates,
      post: async (body) => {
        const answer = await this.#post(body);
        await answer.arrayBuffer();
        return answer.status;
      },
    });
    this.#running.push(this.updates.run());
  }

  static async start(options: LoadOptions): Promise<Load> {
    const { grpc } = options.scene.exporter.addresses;
    const authorization = `Bearer ${keyOf('device')}`;
    return new Load(options, await ReflectedClient.connect(grpc, { authorization }));
  }

  get acknowledged(): number {
    return this.drivers.reduce((sum, driver) => sum + driver.acknowledged, this.updates.acknowledged);
  }

  /** Acknowledged events that were sent once more. */
  get echoes(): number {
    return this.#echoes;
  }

  /** Those of them that were not recognised. */
  get takenTwice(): readonly string[] {
    return this.#takenTwice;
  }

  /** Four times the load beside the load, for so long. */
  async burst(seconds: number, signal: AbortSignal): Promise<void> {
    const driver = this.#drive(`burst${this.drivers.length}`, 4 * this.options.rate);
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
    driver.stop();
  }

  /** Requests that were sent again, by why. */
  refusals(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { refusals } of this.drivers) {
      for (const [why, times] of refusals) sums[why] = (sums[why] ?? 0) + times;
    }
    return sums;
  }

  /** Rejects when a driver has failed, which it does only by itself. */
  failed(): Promise<never> {
    return Promise.all(this.#running).then(() => new Promise<never>(() => undefined));
  }

  /** Ends it and waits until what was on its way is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const driver of [...this.drivers, this.updates]) driver.stop();
    await Promise.all(this.#running);
  }

  close(): void {
    for (const driver of this.drivers) driver.abandon();
    this.updates.stop();
    this.client.close();
  }

  #drive(
    prefix: string,
    rate: number,
    send?: (events: readonly DrivenEvent[]) => Promise<DrivenAnswer>,
  ): LedgerDriver {
    const { scene, timeoutMs, onAck } = this.options;
    const driver = scene.driver({
      count: Infinity,
      rate,
      // Few enough requests for a slow machine, too; enough connections to catch up after an outage.
      batch: Math.max(5, Math.round(rate / 50)),
      connections: 8,
      retryMs: 200,
      prefix,
      keyOf: (index) => `${prefix}-key-${index}`,
      payload: payloadOf,
      timeoutMs,
      requestTimeoutMs: 10_000,
      headers: { authorization: `Bearer ${keyOf('web')}` },
      ...(send && { send }),
      onAck: (events, ms) => {
        onAck(ms / 1000);
        if (!send) for (const event of events) if (event.n % echoEvery === 37) void this.#echo(driver, event);
      },
    });
    this.drivers.push(driver);
    const running = driver.run();
    this.#running.push(running);
    return driver;
  }

  /** What was acknowledged is known: it must never be taken as new. */
  async #echo(driver: LedgerDriver, event: DrivenEvent): Promise<void> {
    if (this.#stopped) return;
    try {
      const answer = await this.#post(driver.line(event));
      const { accepted } = (await answer.json()) as { accepted?: number };
      if (answer.status !== 202) return;
      this.#echoes += 1;
      if (accepted !== 0) this.#takenTwice.push(event.id);
    } catch {
      // Nobody was there to answer.
    }
  }

  #post(body: string): Promise<Response> {
    return this.options.scene.exporter.post(body, {
      'content-type': 'application/x-ndjson',
      authorization: `Bearer ${keyOf('web')}`,
    });
  }

  async #overGrpc(events: readonly DrivenEvent[]): Promise<DrivenAnswer> {
    const requests = events.map(({ id, key, n }) => ({
      event_id: id,
      key,
      payload_json: Buffer.from(payloadOf(n)),
    }));
    try {
      const { accepted = 0, duplicates = 0, rejected } = await this.client.unary(service, { requests });
      return { status: rejected ? 207 : 202, body: JSON.stringify({ accepted, duplicates }) };
    } catch (error) {
      const { code } = error as ServiceError;
      const ours = code === grpcStatus.INVALID_ARGUMENT || code === grpcStatus.UNAUTHENTICATED;
      return { status: ours ? 400 : 503, body: JSON.stringify({ code: grpcStatus[code] ?? String(error) }) };
    }
  }
}
