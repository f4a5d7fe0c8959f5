import { TestBrowser } from '../helpers/browser';
import { faultsOf, section } from '../helpers/page-looks';
import { PageScene, patient } from '../helpers/page-scene';
import { hostileRelease, someReleases, verifyDocumentOf } from '../../exporter/test/helpers/release-scenes';

/*
 * Releases on the live page: nothing yet, then one that failed, told while the page is open, with its gates; and many, with
 * texts of somebody who means no good.
 */

const image = `<img src=x onerror="globalThis.stolen='image'"> \u202e`;

let browser: TestBrowser;
let scene: PageScene;

beforeAll(async () => {
  scene = await PageScene.start({ env: patient });
  browser = await TestBrowser.launch();
});

afterEach(() => browser.closeViews());

afterAll(async () => {
  await browser?.close();
  await scene?.dispose();
});

async function record(document: object): Promise<void> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  };
  const response = await fetch(`${scene.url}api/v1/releases`, init);
  await response.arrayBuffer();
  expect(response.status).toBe(201);
}

test('comes while the page is open, says how it went in words, and shows each gate', async () => {
  const page = await browser.open(scene.url);
  const panel = section(page, 'Releases');
  await panel.getByText(/No release recorded yet/).waitFor();
  expect(await faultsOf(page)).toEqual([]);

  await record(
    verifyDocumentOf({ run: 'first', service: 'orders' }, { published: 'fail', latency: 'inconclusive' }),
  );
  const row = panel.getByRole('listitem').filter({ hasText: 'orders over 0.0.9' });
  await row.getByText('0.1.0').waitFor();
  expect(await row.locator('summary').innerText()).toMatch(/failed[\s\S]*Published: 3 of 200 ids/);
  expect(await row.getByText(/burn rate/).isVisible()).toBe(false);
  await row.locator('summary').click();
  const gates = row.getByRole('list', { name: 'Gates' }).getByRole('listitem');
  expect(await gates.count()).toBe(6);
  expect(await gates.filter({ hasText: 'Latency' }).innerText()).toContain('inconclusive');
  await section(page, 'Recent cheer events').getByText('Release 0.1.0 failed').waitFor();
  expect(await faultsOf(page)).toEqual([]);

  // What was opened stays open when another one comes.
  await record(verifyDocumentOf({ run: 'second', service: 'orders', release: '0.1.1', previous: '0.1.0' }));
  await panel.getByText('all 6 gates').waitFor();
  expect(await row.getByText(/burn rate/).isVisible()).toBe(true);
});

test('many of them, and hostile ones, are text in a panel of their own', async () => {
  for (const { document } of someReleases(12)) await record(document);
  for (const text of [image, 'w'.repeat(300)]) await record(hostileRelease(text.length, text).document);
  const page = await browser.open(scene.url, { theme: 'dark', width: 360 });
  const rows = section(page, 'Releases').locator('summary');
  await rows.nth(15).waitFor({ state: 'attached' });
  await rows.nth(0).click();
  await rows.nth(1).click();
  expect(await faultsOf(page)).toEqual([]);
  expect(await page.evaluate('globalThis.stolen ?? null')).toBeNull();
  expect(await page.evaluate('inPage.planted()')).toEqual([]);
  expect(await page.evaluate('inPage.violations()')).toEqual([]);
});
