/**
 * npm run panel:screenshots
 *
 * Takes the plugin's screenshots (grafana-plugin/src/img) and docs/images/panel-*.png from six real exporters, which a
 * real Prometheus scrapes: they do well, then some of them don't. Takes four minutes.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../../helpers/browser';
import { root } from '../../helpers/exporter-process';
import { PanelHost } from '../../panel-host/host';
import type { Theme } from './gallery';
import { Shop } from './shop';

const wellSeconds = 90;
const troubleSeconds = 20;
const largestBytes = 200_000;
const padding = 12;
/** Around the panel on its page, px. */
const room = 120;

/** As the README says: the one query, and nothing else. */
const query =
  '{__name__=~"cheer_(state|score|condition|error_budget_remaining_ratio|cheers_total|missed_total)"';

const shots = {
  meter: { expr: `${query}, service="orders"}`, width: 800, height: 460 },
  grid: { expr: `${query}}`, width: 960, height: 420 },
  ticker: { expr: `${query}}`, width: 960, height: 60 },
} as const;

type Shot = keyof typeof shots;

const img = 'grafana-plugin/src/img';
const pictures: readonly (readonly [file: string, shot: Shot, theme: Theme])[] = [
  [`${img}/screenshot-meter.png`, 'meter', 'dark'],
  [`${img}/screenshot-grid.png`, 'grid', 'dark'],
  [`${img}/screenshot-ticker.png`, 'ticker', 'dark'],
  [`${img}/screenshot-light.png`, 'grid', 'light'],
  ...(['light', 'dark'] as const).flatMap((theme) =>
    (Object.keys(shots) as Shot[]).map(
      (shot) => [`docs/images/panel-${shot}-${theme}.png`, shot, theme] as const,
    ),
  ),
];

function dashboard(shot: Shot): object {
  const datasource = { type: 'prometheus', uid: 'prometheus' };
  const panel = {
    id: 1,
    type: 'selfcheer-cheermeter-panel',
    title: shot === 'ticker' ? '' : shot === 'grid' ? 'The shop' : 'Orders',
    gridPos: { x: 0, y: 0, w: 24, h: 12 },
    datasource,
    targets: [{ refId: 'A', datasource, expr: shots[shot].expr, range: true }],
  };
  return { title: shot, timezone: 'utc', time: { from: 'now-5m', to: 'now' }, panels: [panel] };
}

async function trouble({ scenes }: Shop): Promise<void> {
  scenes.prices.loseCustomers();
  await scenes.prices.until('yellow');
  await scenes.prices.relieve();
  await scenes.mail.setCheer(false);
  scenes.stock.loseCustomers();
  await scenes.stock.until('yellow');
  await scenes.stock.press();
  await scenes.stock.until('red');
  scenes.orders.loseCustomers();
  await scenes.orders.until('yellow');
  await sleep(troubleSeconds * 1_000);
}

async function take(page: Page, file: string): Promise<void> {
  await page.locator('[data-testid=cheer-service]').first().waitFor();
  await page.evaluate('document.fonts.ready.then(() => undefined)');
  const full = path.join(root, file);
  const panel = page.locator('section').filter({ has: page.locator('[data-testid=cheer-meter]') });
  const box = await panel.first().boundingBox();
  if (!box) throw new Error(`${file}: the panel is not there`);
  const clip = {
    x: box.x - padding,
    y: box.y - padding,
    width: box.width + 2 * padding,
    height: box.height + 2 * padding,
  };
  await page.screenshot({ path: full, clip, animations: 'disabled' });
  const { size } = statSync(full);
  process.stdout.write(`${file}: ${Math.round(size / 1_000)} kB\n`);
  if (size > largestBytes) throw new Error(`${file} is larger than ${largestBytes / 1_000} kB`);
}

async function main(): Promise<void> {
  const shop = await Shop.start();
  const browser = await TestBrowser.launch();
  const dashboards = Object.fromEntries(
    (Object.keys(shots) as Shot[]).map((shot) => [shot, dashboard(shot)]),
  );
  const host = await PanelHost.start({
    grafana: 13,
    prometheus: shop.prometheus.url,
    scrapeSeconds: 1,
    dashboards,
  });
  try {
    await sleep(wellSeconds * 1_000);
    await trouble(shop);
    for (const [file, shot, theme] of pictures) {
      const { width, height } = shots[shot];
      const url = host.url(shot, { theme, kiosk: true, panel: { id: 1, width, height } });
      const page = await browser.open(url, {
        theme,
        width: width + room,
        height: height + room,
      });
      await take(page, file);
    }
    await browser.closeViews();
  } finally {
    await host.dispose();
    await browser.close();
    await shop.dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`panel:screenshots: ${String(error)}\n`);
  process.exit(1);
});
