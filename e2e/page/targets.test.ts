import { TestBrowser, untilIn } from '../helpers/browser';
import { JsonProcess } from '../helpers/json-process';
import { faultsOf, section, shows } from '../helpers/page-looks';
import { PageScene, patient } from '../helpers/page-scene';

/*
 * The sidecar's page: an exporter, and a service that only uses cheer-kit, side by side. One that does not answer is
 * shown so and for how long, never as it was.
 */

const gone =
  /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|\b50[234]\b/;
const started = ({ msg }: { readonly msg?: unknown }): boolean => msg === 'ready';

let browser: TestBrowser;
let scene: PageScene;
let shop: JsonProcess;
let sidecar: JsonProcess;
let url: string;

beforeAll(async () => {
  const shopEnv = { LISTEN: '127.0.0.1:0', SELFCHEER_ADMIN: '127.0.0.1:0', LOG_LEVEL: 'warn' };
  shop = new JsonProcess('../../cheer-kit/examples/http-service/server.mjs', [], shopEnv);
  scene = await PageScene.start({ env: patient });
  const { http, admin } = (await shop.line(started)) as { http: string; admin: string };
  for (let n = 0; n < 5; n++) await (await fetch(`http://${http}/orders/1`)).arrayBuffer();
  const targets = [`http://${scene.exporter.addresses.admin}=intake`, `http://${admin}=shop`];
  sidecar = new JsonProcess(
    '../../exporter/bin/selfcheer.js',
    ['sidecar', '--listen', '127.0.0.1:0', ...targets.flatMap((target) => ['--target', target])],
    { LOG_LEVEL: 'warn' },
  );
  url = `http://${String((await sidecar.line(started))['admin'])}/`;
  browser = await TestBrowser.launch();
  await scene.sendOrders(10);
  await scene.send([{ event_id: 'bad', type: 'shop.order', payload: {} }]);
  await scene.until('green');
});

afterEach(() => browser.closeViews());

afterAll(async () => {
  await browser?.close();
  await Promise.all([sidecar?.dispose(), shop?.dispose(), scene?.dispose()]);
});

test('shows every service with its state and score, and leads to each', async () => {
  const page = await browser.open(url);
  for (const name of ['intake', 'shop']) {
    const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
    await card.getByText('green', { exact: true }).waitFor();
    await card.getByText(/^(100|\d\d?)$/).waitFor();
  }
  expect(await page.title()).toMatch(/^2 well/);
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole('link', { name: 'shop' }).click();
  await shows(page, 'green');
  await page
    .getByRole('navigation', { name: 'Services' })
    .getByRole('link', { name: /^intake/ })
    .click();
  await section(page, 'Pipeline').waitFor();
  await shows(page, 'green');
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole('link', { name: 'All services' }).click();
  await page.getByRole('heading', { name: 'shop', exact: true }).waitFor();
});

test('shows only what a service has', async () => {
  const page = await browser.open(`${url}targets/shop/`);
  await shows(page, 'green');
  await section(page, 'Error budgets').getByText('http-availability').first().waitFor();
  for (const name of [/^Pipeline/, /^Quarantine/]) expect(await section(page, name).count()).toBe(0);
  // Its own raw data, not that of the sidecar.
  expect(await page.getByRole('link', { name: 'metrics' }).getAttribute('href')).toBe(
    '/targets/shop/metrics',
  );
  expect(await faultsOf(page)).toEqual([]);
});

test('passes an action on to the service that it is for', async () => {
  const page = await browser.open(`${url}targets/intake/`);
  await page.getByRole('button', { name: /^Discard event/ }).click();
  await page.getByRole('button', { name: 'Discard for good' }).click();
  await section(page, /^Quarantine/)
    .getByText(/Nothing in quarantine/)
    .waitFor();
});

test('a service that does not answer is stale, with its age, on its page and beside the others', async () => {
  const all = await browser.open(url, { allowed: gone });
  const one = await browser.open(`${url}targets/intake/`, { allowed: gone });
  await shows(one, 'green');
  const card = all
    .getByRole('listitem')
    .filter({ has: all.getByRole('heading', { name: 'intake', exact: true }) });
  await card.getByText('green', { exact: true }).waitFor();
  await scene.exporter.kill9();

  await card.getByText('stale', { exact: true }).waitFor();
  await card.getByText(/last known green \d+/).waitFor();
  expect(await card.getByText('green', { exact: true }).count()).toBe(0);
  await all.getByRole('status').filter({ hasText: 'intake is stale' }).waitFor();
  expect(await all.title()).toMatch(/^1 of 2 not well/);
  const age = `Number(/for (\\d+) s, last known/.exec(document.body.innerText)?.[1] ?? NaN)`;
  const first = await untilIn<number>(all, age, (value) => value >= 0);
  await untilIn<number>(all, age, (value) => value > first);
  // The other one is as it was.
  await all.getByRole('listitem').filter({ hasText: 'shop' }).getByText('green', { exact: true }).waitFor();
  expect(await faultsOf(all)).toEqual([]);

  await shows(one, 'stale');
  expect(await one.getByRole('heading', { name: /green/i }).count()).toBe(0);
  expect(await one.getByRole('meter', { name: 'Cheer score' }).count()).toBe(0);

  await scene.exporter.restart();
  await card.getByText(/^(warming|green)$/).waitFor();
  await one.getByText('Live', { exact: true }).waitFor();
});

test('without the sidecar itself, nothing is shown as it was', async () => {
  const page = await browser.open(url, { allowed: gone });
  await page.getByText('green', { exact: true }).first().waitFor();
  await sidecar.dispose();
  await page.getByText(/everything here is stale since/).waitFor();
  expect(await page.getByText('green', { exact: true }).count()).toBe(0);
  expect(await page.title()).toMatch(/^stale/);
});
