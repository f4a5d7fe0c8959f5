import net from 'node:net';
import { TestBrowser, untilIn } from '../helpers/browser';
import { ExporterProcess } from '../helpers/exporter-process';
import { faultsOf, section, shows } from '../helpers/page-looks';
import { PageScene, patient } from '../helpers/page-scene';

/*
 * The live page in each state of a real exporter, in a real Chromium. In each it has to be whole: at both ends of
 * width, in both themes, without a finding of axe-core and without a word on the console.
 */

const gone = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;

let browser: TestBrowser;
let scene: PageScene;

beforeAll(async () => {
  await Promise.all([
    PageScene.start({ env: patient }).then((started) => (scene = started)),
    TestBrowser.launch().then((launched) => (browser = launched)),
  ]);
});

afterEach(() => browser.closeViews());

afterAll(async () => {
  await browser?.close();
  await scene?.dispose();
});

test('green: a score, and every condition holds', async () => {
  await scene.sendOrders(50);
  await scene.until('green');
  const page = await browser.open(scene.url);
  await shows(page, 'green');
  expect(await page.title()).toMatch(/^green \d+ · orders/);
  const meter = page.getByRole('meter', { name: 'Cheer score' });
  expect(Number(await meter.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
  expect(await meter.getAttribute('aria-valuetext')).toMatch(/^\d+ of 100, green$/);
  expect(await page.getByText('holds', { exact: true }).count()).toBe(5);
  expect(await page.getByText('fails', { exact: true }).count()).toBe(0);
  for (const stage of ['ingest', 'commit', 'enrich', 'publish'])
    await page.getByRole('heading', { name: stage, exact: true }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
});

test('yellow: says which downstream is away, and keeps accepting', async () => {
  const page = await browser.open(scene.url);
  await shows(page, 'green');
  scene.loseCustomers();
  expect(await scene.sendOrders(20)).toBe(202);
  await shows(page, 'yellow');
  // What a screen reader is told without being asked.
  await page.getByRole('status').filter({ hasText: 'The cheer is yellow' }).waitFor();
  await page.getByText('the breaker of customers is open').first().waitFor();
  await page.getByText('still accepted safely').waitFor();
  await section(page, /breakers/i)
    .getByText(/^open for/)
    .waitFor();
  expect(await page.title()).toMatch(/^yellow/);
  expect(await faultsOf(page)).toEqual([]);
});

test('red: says that events are refused, and why', async () => {
  const page = await browser.open(scene.url);
  await shows(page, 'yellow');
  await scene.press();
  await shows(page, 'red');
  await page.getByRole('status').filter({ hasText: 'The cheer is red' }).waitFor();
  await page.getByText('Events are refused.').waitFor();
  await page.getByText('refusing now').waitFor();
  expect(await page.title()).toMatch(/^red/);
  expect(await faultsOf(page)).toEqual([]);
});

test('comes back to green by itself, and remembers what happened', async () => {
  const page = await browser.open(scene.url);
  await shows(page, 'red');
  await scene.relieve();
  await shows(page, 'green');
  await page.getByRole('status').filter({ hasText: 'The cheer is green' }).waitFor();
  const recent = section(page, /recent cheer events/i);
  for (const state of ['red', 'yellow'])
    await recent
      .getByText(new RegExp(`\\b${state}\\b`, 'i'))
      .first()
      .waitFor();
});

test('lists an event that came into quarantine while the list was being made', async () => {
  const page = await browser.open(scene.url);
  await section(page, /^Quarantine/)
    .getByText('Nothing in quarantine')
    .waitFor();
  let short = 0;
  await page.route('**/api/v1/quarantine?**', async (route) => {
    const response = await route.fetch();
    const list = (await response.json()) as { total: number; items: unknown[] };
    // As it was before the event came, with the count from after that.
    if (list.total > 0 && short++ === 0) list.items = [];
    await route.fulfill({ response, json: list });
  });
  await scene.send([{ event_id: 'bad', type: 'shop.order', payload: {} }]);
  await page.getByRole('button', { name: /^Show event/ }).waitFor();
  expect(short).toBeGreaterThan(1);
});

test('disabled: switched off by its flag while it runs, and on again', async () => {
  const page = await browser.open(scene.url);
  await shows(page, 'green');
  await scene.setCheer(false);
  await shows(page, 'disabled');
  await page
    .getByText(/switched off by/i)
    .first()
    .waitFor();
  expect(await page.getByRole('meter', { name: 'Cheer score' }).count()).toBe(0);
  expect(await page.title()).toMatch(/^disabled/);
  expect(await faultsOf(page)).toEqual([]);
  await scene.setCheer(true);
  await shows(page, 'green');
});

test('says that all is stale and for how long, never its last state, and goes on with the next process', async () => {
  const page = await browser.open(scene.url, { allowed: gone });
  await shows(page, 'green');
  await scene.exporter.kill9();
  await shows(page, 'stale');
  await page.getByRole('status').filter({ hasText: 'Connection lost' }).waitFor();
  await page.getByText(/everything here is stale since/).waitFor();
  await page.getByText(/^Last known.*green/).waitFor();
  expect(await page.getByRole('heading', { name: /green/i }).count()).toBe(0);
  expect(await page.getByRole('meter', { name: 'Cheer score' }).count()).toBe(0);
  expect(await page.title()).toMatch(/^stale/);
  expect(await faultsOf(page)).toEqual([]);
  // Its age grows although nothing comes any more.
  const age = `Number(/, (\\d+) s ago/.exec(document.body.innerText)?.[1] ?? NaN)`;
  const first = await untilIn<number>(page, age, (value) => value >= 0);
  await untilIn<number>(page, age, (value) => value > first);
  // With time to look at its drain, which comes next.
  await scene.exporter.restart({ SELFCHEER_READINESS_LAG_SECONDS: '60' });
  await page.getByText('Live', { exact: true }).waitFor();
  await shows(page, 'green');
  expect(await page.getByText(/everything here is stale/).count()).toBe(0);
});

test('draining: says so as long as the process lives', async () => {
  const page = await browser.open(scene.url, { allowed: gone });
  await shows(page, 'green');
  scene.exporter.terminate();
  await page.getByText('Draining', { exact: true }).first().waitFor();
  await page.getByRole('status').filter({ hasText: 'shutting down' }).waitFor();
  await page.getByText(/Send new events elsewhere/).waitFor();
  expect(await page.title()).toMatch(/^draining/);
  expect(await faultsOf(page)).toEqual([]);
});

describe('warming', () => {
  const sockets = new Set<net.Socket>();
  // A broker that takes connections and says nothing: there is neither evidence nor, yet, a fault.
  const silent = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  let exporter: ExporterProcess;

  beforeAll(async () => {
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as net.AddressInfo;
    exporter = await ExporterProcess.start({
      ...patient,
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      SELFCHEER_PUBLISH_TIMEOUT_MS: '120000',
    });
  });

  afterAll(async () => {
    await exporter?.dispose();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('never counts as healthy and has no score', async () => {
    const page = await browser.open(`http://${exporter.addresses.admin}/`);
    await shows(page, 'warming');
    await page.getByText('Not counted as healthy yet').waitFor();
    await page.getByText('no score').waitFor();
    expect(await page.getByRole('meter', { name: 'Cheer score' }).count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
  });
});
