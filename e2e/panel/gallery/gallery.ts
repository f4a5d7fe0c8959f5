import path from 'node:path';
import type { Page } from 'playwright-core';
import { TestBrowser, untilIn } from '../../helpers/browser';
import { type GrafanaMajor, PanelHost } from '../../panel-host/host';
import { type BoardName, boards, boardWidth, dashboard } from './boards';
import { end, scenarios } from './scenarios';

export type Theme = 'light' | 'dark';

/** The page's padding, twice. */
const margin = 32;

/** All boards, drawn by the built plugin in a real browser. */
export class Gallery {
  private constructor(
    private readonly host: PanelHost,
    readonly browser: TestBrowser,
  ) {}

  static async start(grafana: GrafanaMajor = 13): Promise<Gallery> {
    const dashboards = Object.fromEntries(
      Object.entries(boards).map(([name, pictures]) => [name, dashboard(name, pictures)]),
    );
    const host = await PanelHost.start({ grafana, dashboards, fixtures: scenarios });
    try {
      return new Gallery(host, await TestBrowser.launch());
    } catch (error) {
      await host.dispose();
      throw error;
    }
  }

  /** Opens a board, at the time at which its data end, and waits until all its panels stand still. */
  async open(name: BoardName, theme: Theme): Promise<Page> {
    const page = await this.browser.open(this.host.url(name, { theme, kiosk: true }), {
      theme,
      width: boardWidth + margin,
      height: 1_000,
      reducedMotion: true,
      now: end,
    });
    await page.addScriptTag({ path: path.join(__dirname, 'in-panel.js') });
    await untilIn<number>(page, 'inPanel.panels().length', (count) => count === boards[name].length);
    await page.evaluate('document.fonts.ready.then(() => undefined)');
    return page;
  }

  async dispose(): Promise<void> {
    await this.browser.close();
    await this.host.dispose();
  }
}
