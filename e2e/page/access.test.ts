import type { Page } from 'playwright-core';
import { axeFindings } from '../helpers/axe';
import { TestBrowser, untilIn } from '../helpers/browser';
import { PageScene, patient } from '../helpers/page-scene';

/*
 * The live page for everybody: narrow and wide, by keyboard alone, in the theme of one's choice, and without motion.
 */

interface Focus {
  readonly what: string;
  readonly marked: boolean;
  readonly inView: boolean;
  readonly inDialog: boolean;
  readonly isBody: boolean;
}

const bad = (n: number): object => ({ event_id: `bad-${n}`, type: 'shop.order', payload: { customer: 'c' } });

let browser: TestBrowser;
let scene: PageScene;

beforeAll(async () => {
  await Promise.all([
    PageScene.start({ env: patient }).then((started) => (scene = started)),
    TestBrowser.launch().then((launched) => (browser = launched)),
  ]);
  await scene.sendOrders(50);
  await scene.send([1, 2, 3].map(bad));
  await scene.until('green');
});

afterEach(() => browser.closeViews());

afterAll(async () => {
  await browser?.close();
  await scene?.dispose();
});

/** Opens the page and waits until its last part, the list of quarantined events, is there. */
async function open(options: Parameters<TestBrowser['open']>[1] = {}): Promise<Page> {
  const page = await browser.open(scene.url, options);
  await page
    .getByRole('button', { name: /^Show event/ })
    .first()
    .waitFor();
  return page;
}

const focus = (page: Page): Promise<Focus> => page.evaluate<Focus>('inPage.focus()');

async function press(page: Page, ...keys: string[]): Promise<Focus> {
  for (const key of keys) await page.keyboard.press(key);
  return focus(page);
}

/** Goes on with Tab until `what` has the keyboard; every stop on the way has to be seen. */
async function tabTo(page: Page, what: RegExp): Promise<string[]> {
  const stops: string[] = [];
  while (stops.length < 60) {
    const at = await press(page, 'Tab');
    stops.push(at.what);
    expect(at).toMatchObject({ marked: true, inView: true, isBody: false });
    if (what.test(at.what)) return stops;
  }
  throw new Error(`Tab does not come to ${what}: ${stops.join(', ')}`);
}

test('is whole at any width', async () => {
  const page = await open();
  for (const width of [320, 360, 640, 768, 1024, 1366, 1920, 2560]) {
    await page.setViewportSize({ width, height: 800 });
    const faults = await page.evaluate<string[]>('inPage.overflow()');
    expect({ width, faults }).toEqual({ width, faults: [] });
  }
});

describe('themes', () => {
  const background = (page: Page): Promise<string> => page.evaluate<string>('inPage.background()');

  test('follows the system, until the button says otherwise, also after a reload', async () => {
    const page = await open({ theme: 'light' });
    const light = await background(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background(page);
    expect(dark).not.toBe(light);

    const button = page.getByRole('button', { name: /^Theme/ });
    await button.click();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await background(page)).toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await background(page)).toBe(light);
    await button.click();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await background(page)).toBe(dark);
    await button.click();
    await page.getByRole('button', { name: 'Theme: auto' }).waitFor();
    expect(await background(page)).toBe(light);
  });

  test('keeps its words when the system chooses the colours', async () => {
    const page = await open();
    await page.emulateMedia({ forcedColors: 'active' });
    expect(await axeFindings(page)).toEqual([]);
  });
});

describe('by keyboard', () => {
  test('the first stop leads past everything to the cheer', async () => {
    const page = await open();
    expect(await press(page, 'Tab')).toMatchObject({ what: expect.stringMatching(/skip/i), inView: true });
    expect((await press(page, 'Enter')).what).toMatch(/^main/);
  });

  test('every stop can be seen, and the last ones are the raw data', async () => {
    const page = await open();
    const stops = await tabTo(page, /^a "summary"/);
    for (const stop of [/Theme/, /Show event/, /Replay event/, /Discard event/, /metrics/])
      expect(stops).toContainEqual(expect.stringMatching(stop));
    expect(stops.filter((stop) => /^\w+ ""$/.test(stop))).toEqual([]);
  });

  test('reads one event, and comes back to where it was', async () => {
    const page = await open();
    await tabTo(page, /Show event/);
    const before = await focus(page);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('"customer": "c"').waitFor();
    expect(await focus(page)).toMatchObject({ inDialog: true });
    expect(await axeFindings(page)).toEqual([]);
    // The keyboard stays inside, whichever way it goes.
    for (const key of ['Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
      const at = await press(page, key);
      expect(at.inDialog || at.isBody).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await focus(page)).toEqual(before);

    // The same when the list behind it was drawn anew.
    await page.keyboard.press('Enter');
    await dialog.getByText('"customer": "c"').waitFor();
    const label = /"(.*)"/.exec(before.what)?.[1];
    await page.evaluate(`inPage.mark('[aria-label="${label}"]')`);
    await scene.send([bad(4)]);
    await untilIn<boolean>(page, 'inPage.markIsGone()', (isGone) => isGone);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await untilIn<Focus>(page, 'inPage.focus()', ({ what }) => what === before.what);
  });

  test('discards an event only after asking, and says what came of it', async () => {
    const page = await open();
    await tabTo(page, /Discard event 1"/);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Discard event 1?' });
    await dialog.waitFor();
    // The harmless answer has the keyboard.
    expect((await focus(page)).what).toMatch(/Keep it/);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Discard event 1' }).waitFor();

    await press(page, 'Enter');
    await dialog.waitFor();
    await tabTo(page, /Discard for good/);
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'Event 1 is discarded' }).waitFor();
    await page.getByRole('button', { name: 'Discard event 1' }).waitFor({ state: 'detached' });
    // Who has no mouse is not thrown back to the beginning.
    expect((await focus(page)).isBody).toBe(false);
  });

  test('replays an event', async () => {
    const page = await open();
    await tabTo(page, /Replay event 2"/);
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'Event 2 is replayed' }).waitFor();
    // It is as bad as before, so it comes back: under another number, with its attempts counted.
    await page.getByText(/2 attempts/).waitFor();
  });
});

test('moves nothing for those who ask for that', async () => {
  const moving = await open();
  await untilIn<number>(moving, 'inPage.animations()', (count) => count > 0);
  const still = await open({ reducedMotion: true });
  const draws = await still.evaluate<number>('inPage.draws()');
  let most = 0;
  // Over several updates and heartbeats, looked at all the time.
  await untilIn<[number, number]>(still, '[inPage.draws(), inPage.animations()]', ([now, animations]) => {
    most = Math.max(most, animations);
    return now > draws + 5;
  });
  expect(most).toBe(0);
});
