import type { Page } from 'playwright-core';
import { untilIn } from '../helpers/browser';
import { pluginId } from '../panel-host/host';

export const dark = 'dark';
export const light = 'light';

interface PanelJson {
  readonly title?: string;
  readonly targets: readonly object[];
  readonly options?: object;
  readonly fieldConfig?: object;
  readonly box?: { readonly width: number; readonly height: number };
  readonly interval?: string;
}

const fixtureSource = { type: 'selfcheer-fixture', uid: 'fixture' };

/** A query of the fixture data source. */
export const fixture = (frames: readonly object[], more: object = {}): object => ({
  refId: 'A',
  datasource: fixtureSource,
  frames,
  ...more,
});

/** A dashboard with one cheer panel, id 1, that is as wide as the page. */
export function dashboardOf(panel: PanelJson, more: object = {}): object {
  const { targets } = panel;
  const [first] = targets as ReadonlyArray<{ datasource?: object }>;
  return {
    title: 'Test',
    time: { from: 'now-5m', to: 'now' },
    panels: [
      {
        ...{ id: 1, type: pluginId, gridPos: { x: 0, y: 0, w: 24, h: 12 } },
        ...{ datasource: first?.datasource ?? { type: 'prometheus', uid: 'prometheus' } },
        ...panel,
      },
    ],
    ...more,
  };
}

/** Waits until a service is drawn in this state. */
export async function showsService(page: Page, service: string, state: string): Promise<void> {
  const wanted = page.locator(`[data-service="${service}"][data-state="${state}"]`).first();
  await wanted.waitFor().catch(async (error: unknown) => {
    const data = await onHost<string>(page, 'host.panel(1).state.$data.state.data?.state');
    const drawn = (await drawnServices(page)).join();
    const text = await page.locator('body').innerText();
    throw new Error(`${service} is never ${state}, but: ${drawn}; data: ${data}; ${text}`, { cause: error });
  });
}

/** All services drawn, with their states. */
export const drawnServices = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('[data-testid="cheer-service"]')]
    .map(({ dataset }) => dataset.service + ' ' + dataset.state)`);

/** Runs an expression with the page's handle, `panelHost`. */
export const onHost = <T>(page: Page, expression: string): Promise<T> =>
  page.evaluate<T>(`(() => { const host = globalThis.panelHost; return ${expression}; })()`);

/** Asks all queries again a moment after each answer, like a dashboard with a very short refresh. */
export async function keepAsking(page: Page): Promise<void> {
  // The document is loaded before the page's program has made its handle.
  await untilIn<boolean>(page, '"panelHost" in globalThis', (isThere) => isThere);
  await onHost(
    page,
    `void setInterval(() => {
      if (host.panel(1).state.$data.state.data?.state !== 'Loading') host.refresh();
    }, 300)`,
  );
}
