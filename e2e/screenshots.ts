/**
 * npm run screenshots
 *
 * Takes docs/images/page-{green,yellow,red}-{light,dark}.png from a real exporter on its way through these states: it
 * does well, then the service that it asks about customers goes away, then its outbox gets full. Takes two minutes.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestBrowser } from './helpers/browser';
import { root } from './helpers/exporter-process';
import { PageScene } from './helpers/page-scene';

const themes = ['light', 'dark'] as const;
const viewport = { width: 1280, height: 720 };
const largestBytes = 150_000;
const batchMs = 100;
const greenSeconds = 80;
const yellowSeconds = 14;

const env = {
  SELFCHEER_SERVICE: 'orders',
  SELFCHEER_CHEER_HEARTBEAT_SECONDS: '2',
  // An order may take half a minute: until then a customer service that is away spends no budget.
  SELFCHEER_SLO_DELIVERY_TARGET_SECONDS: '30',
  // Taken on any machine, however busy it is with the browser.
  SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '0.25',
  SELFCHEER_SLO_LATENCY_TARGET_SECONDS: '0.5',
};

/** Orders at a rate that breathes, and now and then one without an amount; resolves when it is stopped. */
async function feed(scene: PageScene, signal: AbortSignal): Promise<void> {
  for (let tick = 0; !signal.aborted; tick++) {
    const perSecond = 420 + 180 * Math.sin(tick / 60) + 60 * Math.sin(tick / 7) + 60 * Math.random();
    const began = performance.now();
    await scene.sendOrders(Math.round((perSecond * batchMs) / 1000), 200);
    if (tick % 250 === 100) await scene.send([badOrder(tick)]);
    await sleep(Math.max(0, batchMs - (performance.now() - began)));
  }
}

const badOrder = (n: number): object => ({
  event_id: `order-2026-${80_000 + n}`,
  type: 'shop.order',
  payload: { customer: `c${n % 50}`, amount: 'twelve' },
});

async function main(): Promise<void> {
  const scene = await PageScene.start({ env, quotaBytes: 24 * 2 ** 20 });
  const browser = await TestBrowser.launch();
  const stop = new AbortController();
  const feeding = feed(scene, stop.signal);
  // Told where it is awaited.
  feeding.catch(() => undefined);
  try {
    const pages = await Promise.all(themes.map((theme) => browser.open(scene.url, { theme, ...viewport })));
    const take = async (state: string): Promise<void> => {
      for (const [index, page] of pages.entries()) {
        await page.getByRole('heading', { name: new RegExp(`^${state}$`, 'i') }).waitFor();
        const file = path.join(root, `docs/images/page-${state}-${themes[index]}.png`);
        await page.screenshot({ path: file, animations: 'disabled' });
        const { size } = statSync(file);
        process.stdout.write(`${path.relative(root, file)}: ${Math.round(size / 1000)} kB\n`);
        if (size > largestBytes) throw new Error(`${file} is larger than ${largestBytes / 1000} kB`);
      }
    };
    await scene.until('green');
    await sleep(greenSeconds * 1000);
    await take('green');
    scene.loseCustomers();
    await scene.until('yellow');
    await sleep(yellowSeconds * 1000);
    await take('yellow');
    await scene.press();
    await scene.until('red');
    await sleep(5_000);
    await take('red');
    await browser.closeViews();
  } finally {
    stop.abort();
    await feeding;
    await browser.close();
    await scene.dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`screenshots: ${String(error)}\n`);
  process.exit(1);
});
