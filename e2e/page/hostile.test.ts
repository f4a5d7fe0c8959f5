import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../helpers/browser';
import { ExporterProcess } from '../helpers/exporter-process';
import { faultsOf } from '../helpers/page-looks';
import { PageScene, patient } from '../helpers/page-scene';

/*
 * What producers, other sites and strangers may try: everything that came from outside is shown as text, and the
 * browser itself would stop what is not.
 */

const kibibyte = 1024;
const image = `<img src=x onerror="globalThis.stolen='image'">`;
const attempts = {
  image,
  script: `</td></table><script>globalThis.stolen='script'</script>`,
  attribute: `" onmouseover="globalThis.stolen='attribute'" autofocus onfocus="globalThis.stolen='focus'`,
  vector: `<svg/onload="globalThis.stolen='vector'">`,
  frame: `<iframe srcdoc="<script>parent.stolen='frame'</script>">`,
  address: `javascript:globalThis.stolen='address'`,
  template: '{{constructor.constructor("globalThis.stolen=1")()}}${globalThis.stolen=1}',
  // Turns around what stands behind it, unless it is isolated.
  rightToLeft: 'invoice\u202etxt.exe',
  long: 'w'.repeat(500),
} as const;
const ids = Object.values(attempts);

let browser: TestBrowser;

beforeAll(async () => {
  browser = await TestBrowser.launch();
});

afterEach(() => browser.closeViews());

afterAll(() => browser?.close());

describe('a hostile producer', () => {
  let scene: PageScene;

  beforeAll(async () => {
    scene = await PageScene.start({
      env: { ...patient, SELFCHEER_SERVICE: image, SELFCHEER_CHEER_HEARTBEAT_SECONDS: '60' },
    });
    const status = await scene.send(
      ids.map((text) => ({
        event_id: text,
        type: 'shop.order',
        source: `urn:${text}`,
        key: text,
        payload: { [text]: text, html: `</pre>${image}` },
      })),
    );
    expect(status).toBe(202);
  });

  afterAll(() => scene?.dispose());

  const harmless = async (page: Page): Promise<void> => {
    expect(await page.evaluate('globalThis.stolen ?? null')).toBeNull();
    expect(await page.evaluate('inPage.planted()')).toEqual([]);
    expect(await page.evaluate('inPage.violations()')).toEqual([]);
  };

  test.each([1920, 360])('is shown as text, at a width of %d', async (width) => {
    const page = await browser.open(`${scene.url}?q=${encodeURIComponent(image)}#${image}`, { width });
    await page
      .getByRole('button', { name: /^Show event/ })
      .first()
      .waitFor();
    for (const id of ids) await page.getByText(id, { exact: true }).first().waitFor();
    await page.getByRole('heading', { name: image }).waitFor();
    expect(await page.title()).toContain(image);
    await harmless(page);
    expect(await page.evaluate('inPage.overflow()')).toEqual([]);
    // Text that turns the writing direction around does so in its own box only.
    const turned = await page.evaluate<string[]>(`inPage.bidiOf(${JSON.stringify(attempts.rightToLeft)})`);
    expect(turned.length).toBeGreaterThan(0);
    for (const style of turned) expect(style).toMatch(/isolate|plaintext/);
  });

  test('is shown as text in the dialog, too', async () => {
    const page = await browser.open(scene.url);
    const dialog = page.getByRole('dialog');
    const show = page.getByRole('button', { name: /^Show event/ });
    await show.first().waitFor();
    expect(await show.count()).toBe(ids.length);
    for (let n = 0; n < ids.length; n++) {
      await show.nth(n).click();
      const payload = dialog.getByText('"html"');
      await payload.waitFor();
      expect(await payload.textContent()).toContain(JSON.stringify(`</pre>${image}`));
      await harmless(page);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
    }
  });
});

describe('another site, and what would get past us', () => {
  let exporter: ExporterProcess;
  let url: string;

  beforeAll(async () => {
    exporter = await ExporterProcess.start(patient);
    url = `http://${exporter.addresses.admin}/`;
  });

  afterAll(() => exporter?.dispose());

  test('the policy allows this origin and nothing inline', async () => {
    const policy = (await exporter.admin('/')).headers.get('content-security-policy') ?? '';
    const directives = new Map(
      policy.split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(/\s+/);
        return [name, sources] as const;
      }),
    );
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('frame-ancestors')).toEqual(["'none'"]);
    expect(directives.get('base-uri')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'"]);
    expect(directives.get('style-src')).toEqual(["'self'"]);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  });

  test('the browser stops what a fault of ours would let in', async () => {
    const page = await browser.open(url, {
      allowed: /policy|TrustedHTML|TrustedScript|request to http:\/\/127/i,
    });
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    const tried = await page.evaluate<string[]>(`(async () => {
      const stopped = [];
      const attempt = async (name, work) => {
        try { await work(); } catch { stopped.push(name); }
      };
      await attempt('html', () => { document.body.innerHTML += '<b>planted</b>'; });
      await attempt('script', () => { document.createElement('script').textContent = 'globalThis.stolen = 1'; });
      await attempt('foreign data', () => fetch('http://127.0.0.1:1/'));
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.head.append(style);
      const handler = document.createElement('b');
      handler.setAttribute('style', 'position: fixed');
      document.body.append(handler);
      const frame = document.createElement('iframe');
      frame.src = location.href;
      document.body.append(frame);
      const form = document.createElement('form');
      form.action = '/metrics';
      document.body.append(form);
      form.submit();
      await new Promise((resolve) => setTimeout(resolve));
      return stopped;
    })()`);
    expect(tried).toEqual(['html', 'script', 'foreign data']);
    expect(await page.evaluate('globalThis.stolen ?? null')).toBeNull();
    expect(await page.evaluate('getComputedStyle(document.body).display')).not.toBe('none');
    const violations = new Set(await page.evaluate<string[]>('inPage.violations()'));
    for (const directive of [
      'require-trusted-types-for',
      'connect-src',
      'style-src-elem',
      'style-src-attr',
      'form-action',
    ])
      expect(violations).toContain(directive);
  });

  test('no other site can frame it', async () => {
    const site = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<title>lure</title><iframe src="${url}"></iframe>`);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = site.address() as AddressInfo;
      const page = await browser.open(`http://127.0.0.1:${port}/`, {
        allowed: /frame|a request to|favicon|404/i,
      });
      const [frame] = page.frames().filter((each) => each !== page.mainFrame());
      expect(await frame?.getByRole('heading').count()).toBe(0);
    } finally {
      site.closeAllConnections();
      site.close();
    }
  });

  test('loads in less than 60 KiB, compressed, and all of it from here', async () => {
    const page = await browser.open(url);
    await page.getByText('Live', { exact: true }).waitFor();
    const loaded = await page.evaluate<{ name: string; encodedBodySize: number }[]>(
      `['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind).map((entry) => entry.toJSON()))`,
    );
    const sizes = new Map<string, number>();
    for (const { name, encodedBodySize } of loaded) {
      if (!name.startsWith(`${url}api/`)) sizes.set(name, Math.max(encodedBodySize, sizes.get(name) ?? 0));
    }
    expect(sizes.size).toBeGreaterThan(5);
    expect([...sizes].filter(([, size]) => size === 0)).toEqual([]);
    expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(60 * kibibyte);
  });
});

describe('a caller without the key', () => {
  const keys = { reader: 'reader-key-7c1f', operator: 'operator-key-93ab' };
  let scene: PageScene;

  beforeAll(async () => {
    const apiKeys = [
      { name: 'grafana', key: keys.reader, roles: ['reader'] },
      { name: 'anna', key: keys.operator, roles: ['reader', 'operator', 'producer'] },
    ].map(({ name, key, roles }) => ({
      name,
      roles,
      sha256: createHash('sha256').update(key).digest('hex'),
    }));
    const headers = { authorization: `Bearer ${keys.operator}` };
    scene = await PageScene.start({
      env: { ...patient, SELFCHEER_AUTH_API_KEYS: JSON.stringify(apiKeys) },
      headers,
    });
    await scene.send([{ event_id: 'bad', type: 'shop.order', payload: {} }]);
  });

  afterAll(() => scene?.dispose());

  test('sees nothing, then what its role may see and do', async () => {
    const page = await browser.open(scene.url, { allowed: /\b401\b/ });
    const field = page.getByLabel('API key');
    await field.waitFor();
    expect(await field.getAttribute('type')).toBe('password');
    expect(await page.getByText('All conditions hold').count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);

    await field.fill('a wrong key');
    await page.keyboard.press('Enter');
    await page.getByText(/This API key is not known here/).waitFor();

    await field.fill(keys.reader);
    await page.keyboard.press('Enter');
    const replay = page.getByRole('button', { name: /^Replay event/ });
    await replay.waitFor();
    expect(await replay.isDisabled()).toBe(true);
    // The key is nowhere but in this tab.
    expect(page.url()).toBe(scene.url);
    expect(await page.evaluate('JSON.stringify([localStorage, document.cookie])')).not.toContain(keys.reader);

    await page.reload();
    await replay.waitFor();
    expect(await field.isVisible()).toBe(false);
  });

  test('an operator may act', async () => {
    const page = await browser.open(scene.url, { allowed: /\b401\b/ });
    await page.getByLabel('API key').fill(keys.operator);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Discard event/ }).click();
    await page.getByRole('button', { name: 'Discard for good' }).click();
    await page.getByText(/Nothing in quarantine/).waitFor();
  });
});
