import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { HttpDownstream, json, status } from '../../../exporter/test/helpers/http-downstream';
import { root } from '../../helpers/exporter-process';

const example = path.join(root, 'cheer-kit/examples/http-service/server.mjs');
const startTimeoutMs = 60_000;

/** The kit's example of an HTTP service: another one beside the exporter, whose answers depend on a price list. */
export class Shop {
  private readonly atExit = (): void => void this.child.kill('SIGKILL');

  private constructor(
    private readonly child: ChildProcess,
    private readonly prices: HttpDownstream,
    private readonly addresses: { readonly http: string; readonly admin: string },
  ) {
    // A test run that dies leaves none behind.
    process.once('exit', this.atExit);
  }

  static async start(): Promise<Shop> {
    const prices = await HttpDownstream.start();
    prices.answer = json({ price: 40 });
    const env = {
      PATH: process.env['PATH'],
      SELFCHEER_ADMIN: '127.0.0.1:0',
      LISTEN: '127.0.0.1:0',
      PRICES_URL: prices.url,
      LOG_LEVEL: 'info',
    };
    const child = spawn(process.execPath, [example], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const addresses = await new Promise<Shop['addresses']>((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error('the shop did not start'));
      }, startTimeoutMs);
      child.once('exit', (code) => reject(new Error(`the shop ended with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as { msg: string; http: string; admin: string };
        if (line.msg !== 'ready') return;
        clearTimeout(late);
        resolve(line);
      });
    });
    return new Shop(child, prices, addresses);
  }

  get url(): string {
    return `http://${this.addresses.http}`;
  }

  /** `host:port` of its metrics. */
  get admin(): string {
    return this.addresses.admin;
  }

  /** Half of the prices are gone: half of what it is asked fails, and its downstream is well. */
  losePrices(): void {
    let asked = 0;
    this.prices.answer = (request, response) => {
      asked += 1;
      (asked % 2 === 0 ? json({ price: 40 }) : status(404))(request, response);
    };
  }

  findPrices(): void {
    this.prices.answer = json({ price: 40 });
  }

  async dispose(): Promise<void> {
    process.off('exit', this.atExit);
    this.child.kill('SIGKILL');
    await this.prices.stop();
  }
}
