import { readFileSync } from 'node:fs';
import path from 'node:path';
import { axeFindings } from '../helpers/axe';
import { TestBrowser, untilIn } from '../helpers/browser';
import { root } from '../helpers/exporter-process';
import { PageScene, patient } from '../helpers/page-scene';
import { Prometheus } from '../helpers/prometheus';
import { type GrafanaMajor, PanelHost } from '../panel-host/host';
import { dashboardOf, drawnServices, keepAsking, showsService } from './panel-page';

/*
 * The first five minutes with the panel: a real exporter, a real Prometheus, the panel as it is added, and the one
 * query of its README. Nothing is configured.
 */

/** What the plugin's README says to paste. */
function readmeQuery(): string {
  const readme = readFileSync(path.join(root, 'grafana-plugin/src/README.md'), 'utf8');
  const query = /```promql\n(.+?)\n```/s.exec(readme)?.[1];
  if (query === undefined) throw new Error("the plugin's README has no query to paste");
  return query;
}

let scene: PageScene;
let prometheus: Prometheus;
let browser: TestBrowser;
let query: string;

beforeAll(async () => {
  query = readmeQuery();
  browser = await TestBrowser.launch();
  scene = await PageScene.start({ env: patient });
  const { admin } = scene.exporter.addresses;
  prometheus = await Prometheus.start({ orders: admin, payments: admin });
  await scene.sendOrders(50);
  await scene.until('green');
  const green = encodeURIComponent('cheer_state{service="payments",state="green"} == 1');
  await prometheus.until(`query?query=${green}`, 'payments');
}, 300_000);

afterEach(() => browser.closeViews());

afterAll(async () => {
  await prometheus?.dispose();
  await scene?.dispose();
  await browser?.close();
});

describe.each<GrafanaMajor>([12, 13])('on Grafana %i', (grafana) => {
  let host: PanelHost;

  beforeAll(async () => {
    const narrowed = query.replace('}', ', service=~"$service"}');
    const service = {
      ...{ type: 'query', name: 'service', label: 'Service', refresh: 1, multi: true, includeAll: true },
      query: 'label_values(cheer_score, service)',
      datasource: { type: 'prometheus', uid: 'prometheus' },
      current: { text: ['All'], value: ['$__all'] },
    };
    host = await PanelHost.start({
      grafana,
      prometheus: prometheus.url,
      scrapeSeconds: 1,
      dashboards: {
        pasted: dashboardOf({ targets: [{ refId: 'A', expr: query }] }),
        narrowed: dashboardOf(
          { targets: [{ refId: 'A', expr: narrowed }] },
          { templating: { list: [service] } },
        ),
      },
    });
  }, 300_000);

  afterAll(() => host?.dispose());

  test('one pasted query shows every service, with nothing configured', async () => {
    const page = await browser.open(host.url('pasted'));
    await showsService(page, 'orders', 'green');
    await showsService(page, 'payments', 'green');
    expect(await drawnServices(page)).toHaveLength(2);
    const score = await page.getByRole('meter').first().getAttribute('aria-valuenow');
    expect(Number(score)).toBeGreaterThan(50);
    expect(await axeFindings(page, '[data-testid="cheer-meter"]')).toEqual([]);
  });

  test('a variable chooses the service', async () => {
    const page = await browser.open(host.url('narrowed'));
    await showsService(page, 'orders', 'green');
    await showsService(page, 'payments', 'green');
    await page.getByRole('combobox').first().click();
    await page.getByRole('option', { name: 'payments' }).click();
    // Several may be chosen: they count when the list is left.
    await page.keyboard.press('Tab');
    await untilIn<number>(
      page,
      `document.querySelectorAll('[data-testid="cheer-service"]').length`,
      (count) => count === 1,
    );
    await showsService(page, 'payments', 'green');
  });
});

test('a service that gets worse and well again is followed', async () => {
  const host = await PanelHost.start({
    grafana: 13,
    prometheus: prometheus.url,
    scrapeSeconds: 1,
    dashboards: { pasted: dashboardOf({ interval: '1s', targets: [{ refId: 'A', expr: query }] }) },
  });
  try {
    const page = await browser.open(host.url('pasted'));
    await showsService(page, 'orders', 'green');
    await keepAsking(page);
    scene.loseCustomers();
    await scene.sendOrders(20);
    await showsService(page, 'orders', 'yellow');
    await page.getByText('A breaker is open').first().waitFor();
    await scene.relieve();
    await showsService(page, 'orders', 'green');
  } finally {
    await host.dispose();
  }
});
