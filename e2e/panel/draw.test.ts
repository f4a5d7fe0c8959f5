import { axeFindings } from '../helpers/axe';
import { TestBrowser, untilIn } from '../helpers/browser';
import { type GrafanaMajor, PanelHost } from '../panel-host/host';
import { cheerFrames } from './cheer-frames';
import { dashboardOf, drawnServices, fixture, onHost, showsService } from './panel-page';

/*
 * The built panel in Grafana's own packages, of both versions that it supports, with data that are held: what a
 * user does to it, and what it does not do to the rest of the page.
 */

const panel = '[data-testid="cheer-meter"]';
const meterText = `document.querySelector('${panel}')?.textContent ?? ''`;
const to = Date.UTC(2026, 0, 1, 12);
const times = { time: { from: new Date(to - 300_000).toISOString(), to: new Date(to).toISOString() } };

const yellow = cheerFrames({ service: 'orders', to, state: 'yellow', score: 61, failing: ['breakers'] });
const green = cheerFrames({ service: 'payments', to, state: 'green', score: 99 });
const links = [{ title: 'Runbook', url: '/dashboards/linked?theme=dark&service=${__field.labels.service}' }];

let updates = 0;
/** Yellow at first, and at every later query green. */
const recovering = (): object[] =>
  updates++ === 0 ? yellow : cheerFrames({ service: 'orders', to, state: 'green', score: 97 });

const dashboards = {
  one: dashboardOf({ title: 'Cheer', targets: [fixture(yellow)] }, times),
  two: dashboardOf(
    {
      title: 'Cheer',
      targets: [fixture([...green, ...yellow])],
      fieldConfig: { defaults: { links }, overrides: [] },
    },
    times,
  ),
  linked: dashboardOf({ targets: [fixture(green)] }, times),
  sized: dashboardOf({ title: 'Cheer', targets: [fixture(yellow)], box: { width: 600, height: 400 } }, times),
  worded: dashboardOf(
    { title: 'The cheer of $team', targets: [fixture(yellow)], options: { headline: 'Team $team' } },
    {
      ...times,
      templating: {
        list: [
          {
            type: 'custom',
            name: 'team',
            label: 'Team',
            query: 'red,blue',
            current: { value: 'red', text: 'red' },
          },
        ],
      },
    },
  ),
  updated: dashboardOf({ targets: [fixture([], { scenario: 'recovering' })] }, times),
  failing: dashboardOf({ targets: [fixture([], { error: 'the data source is away' })] }, times),
  empty: dashboardOf({ targets: [fixture([])] }, times),
  odd: dashboardOf(
    {
      targets: [
        fixture([
          {
            fields: [
              { name: 'Time', type: 'time', values: [to] },
              { name: 'cheer_score', type: 'number', values: [NaN] },
            ],
          },
          { fields: [] },
          ...green,
        ]),
      ],
    },
    times,
  ),
};

let browser: TestBrowser;

beforeAll(async () => {
  browser = await TestBrowser.launch();
});

afterEach(() => browser.closeViews());
afterAll(() => browser?.close());

describe.each<GrafanaMajor>([12, 13])('on Grafana %i', (grafana) => {
  let host: PanelHost;

  beforeAll(async () => {
    updates = 0;
    host = await PanelHost.start({ grafana, dashboards, fixtures: { recovering } });
  }, 300_000);

  afterAll(() => host?.dispose());

  test('is loaded and drawn', async () => {
    const page = await browser.open(host.url('one'));
    await showsService(page, 'orders', 'yellow');
    expect(await onHost(page, 'globalThis.grafanaBootData.settings.buildInfo.version')).toMatch(
      new RegExp(`^${grafana}\\.`),
    );
    expect(await onHost(page, 'host.panel(1).state.pluginVersion')).toMatch(/^\d+\.\d+\.\d+$/);
    // The reason, in words.
    await page.getByText('A breaker is open').first().waitFor();
    await page.getByRole('meter').first().waitFor();
  });

  test.each(['light', 'dark'] as const)('axe-core finds nothing in it when it is %s', async (theme) => {
    for (const name of ['one', 'two', 'empty', 'failing']) {
      const page = await browser.open(host.url(name, { theme }));
      await page.locator(panel).waitFor();
      expect([name, await axeFindings(page, panel)]).toEqual([name, []]);
    }
  });

  test('the data link of a service leads where it says', async () => {
    const page = await browser.open(host.url('two'));
    await showsService(page, 'orders', 'yellow');
    const link = page.locator(`${panel} a[href*="service=orders"]`).first();
    await link.focus();
    expect(await page.evaluate<boolean>('document.activeElement.matches(":focus-visible, a")')).toBe(true);
    await link.click();
    await page.waitForURL(/\/dashboards\/linked\?theme=dark&service=orders/);
    await showsService(page, 'payments', 'green');
  });

  test('takes the layout that fits', async () => {
    const page = await browser.open(host.url('sized'));
    const layout = (): Promise<string | null> => page.locator(panel).getAttribute('data-layout');
    await showsService(page, 'orders', 'yellow');
    expect(await layout()).toBe('meter');
    await onHost(page, 'host.panel(1).parent.setState({ width: 500, height: 70 })');
    await page.locator(`${panel}[data-layout="ticker"]`).waitFor();
    await onHost(page, 'host.panel(1).parent.setState({ width: 600, height: 400 })');
    await page.locator(`${panel}[data-layout="meter"]`).waitFor();
    expect(await drawnServices(page)).toEqual(['orders yellow']);
  });

  test('follows the theme where it stands', async () => {
    const page = await browser.open(host.url('one', { theme: 'dark' }));
    await showsService(page, 'orders', 'yellow');
    const color = `getComputedStyle(document.querySelector('${panel}')).color`;
    const before = await page.evaluate<string>(color);
    await page.evaluate(`inPage.mark('${panel}')`);
    await onHost(page, "host.setTheme('light')");
    await untilIn<string>(page, color, (now) => now !== before);
    expect(await page.evaluate('inPage.markIsGone()')).toBe(false);
    await showsService(page, 'orders', 'yellow');
    expect(await axeFindings(page, panel)).toEqual([]);
  });

  test('its words follow a variable', async () => {
    const page = await browser.open(host.url('worded'));
    await page.getByText('The cheer of red').waitFor();
    await untilIn<string>(page, meterText, (text) => text.includes('Team red'));
    await page.locator('[data-testid*="ValueLinkTexts"], #var-team, input').first().click();
    await page.getByRole('option', { name: 'blue' }).click();
    await page.getByText('The cheer of blue').waitFor();
    await untilIn<string>(page, meterText, (text) => text.includes('Team blue'));
  });

  test('an update is drawn in place, and said once', async () => {
    updates = 0;
    const page = await browser.open(host.url('updated'));
    await showsService(page, 'orders', 'yellow');
    await page.evaluate(`inPage.mark('${panel}')`);
    // Nothing was said of what was there from the first.
    const said = `document.querySelector('${panel} [aria-live="polite"]')?.textContent ?? ''`;
    expect(await page.evaluate<string>(said)).toBe('');
    await onHost(page, 'host.refresh()');
    await showsService(page, 'orders', 'green');
    expect(await page.evaluate('inPage.markIsGone()')).toBe(false);
    await untilIn<string>(page, said, (text) => /green/i.test(text));
  });

  test('says that a query failed, and that there is nothing', async () => {
    const failing = await browser.open(host.url('failing'));
    await failing.locator(panel).getByText('the data source is away').waitFor();
    const empty = await browser.open(host.url('empty'));
    await empty.locator(`${panel}[data-status="empty"]`).waitFor();
  });

  test('keeps its picture while a query runs', async () => {
    const page = await browser.open(host.url('one'));
    await showsService(page, 'orders', 'yellow');
    const runner = 'host.panel(1).state.$data';
    const queries = JSON.stringify([fixture([], { pending: true })]);
    await onHost(page, `(${runner}.setState({ queries: ${queries} }), ${runner}.runQueries())`);
    await untilIn<string>(
      page,
      `panelHost.panel(1).state.$data.state.data.state`,
      (state) => state === 'Loading',
    );
    expect(await drawnServices(page)).toEqual(['orders yellow']);
  });

  test('frames without sense do not hide those with it', async () => {
    const page = await browser.open(host.url('odd'));
    await showsService(page, 'payments', 'green');
  });
});
