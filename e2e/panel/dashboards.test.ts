import { readdirSync } from 'node:fs';
import path from 'node:path';
import { TestBrowser, untilIn } from '../helpers/browser';
import { root } from '../helpers/exporter-process';
import { PageScene, patient } from '../helpers/page-scene';
import { Prometheus } from '../helpers/prometheus';
import { type GrafanaMajor, PanelHost } from '../panel-host/host';

/*
 * The project's own dashboards, drawn over a real exporter and a real Prometheus with the project's recording rules:
 * every query is answered, every variable has values, every cheer panel shows the service.
 */

const folder = path.join(root, 'provisioning/dashboards');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => path.basename(file, '.json'));

interface Drawn {
  readonly unanswered: number;
  readonly errors: string[];
  /** Of the cheer panels. */
  readonly statuses: string[];
  readonly frames: number;
}

/** What all panels of the page have come to. */
const drawn = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const panels = panelHost.scene.state.body.state.children.map(({ state }) => state.body);
  const data = panels.map(({ state }) => state.$data.state.data);
  return {
    unanswered: data.filter((one) => one === undefined || one.state === 'Loading').length,
    errors: data.flatMap((one, index) =>
      (one?.errors ?? []).map(({ message }) => panels[index].state.title + ': ' + message)),
    statuses: all('[data-testid="cheer-meter"]').map(({ dataset }) => dataset.status),
    frames: data.reduce((sum, one) => sum + (one?.series.length ?? 0), 0),
  };
})()`;

let scene: PageScene;
let prometheus: Prometheus;
let browser: TestBrowser;

beforeAll(async () => {
  browser = await TestBrowser.launch();
  scene = await PageScene.start({ env: patient });
  prometheus = await Prometheus.start(
    { orders: scene.exporter.addresses.admin },
    { rules: [path.join(root, 'alerts/recording.rules.yml')] },
  );
  await scene.sendOrders(50);
  await scene.until('green');
  // The last group of rules is evaluated, over what it is made of.
  await prometheus.until(
    `query?query=${encodeURIComponent('service:cheer_health:min == 1')}`,
    'orders',
    90_000,
  );
}, 300_000);

afterEach(() => browser.closeViews());

afterAll(async () => {
  await prometheus?.dispose();
  await scene?.dispose();
  await browser?.close();
});

test('there are dashboards', () => expect(names.length).toBeGreaterThanOrEqual(5));

describe.each<GrafanaMajor>([12, 13])('on Grafana %i', (grafana) => {
  let host: PanelHost;

  beforeAll(async () => {
    host = await PanelHost.start({
      grafana,
      prometheus: prometheus.url,
      scrapeSeconds: 1,
      dashboards: folder,
    });
  }, 300_000);

  afterAll(() => host?.dispose());

  test.each(names)('%s', async (name) => {
    // The past five minutes of a service that was just started.
    const page = await browser.open(host.url(name, { from: 'now-5m', to: 'now' }));
    await page.locator('[data-testid="cheer-meter"]').first().waitFor();
    const seen = await untilIn<Drawn>(page, drawn, ({ unanswered }) => unanswered === 0);
    expect(seen.errors).toEqual([]);
    expect([...new Set(seen.statuses)]).toEqual(['ok']);
    expect(seen.frames).toBeGreaterThan(0);
    await page.locator('[data-service="orders"]').first().waitFor();
  });
});
