import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buildPage } from './build';
import { type Contents, createPanelServer } from './server';
import { type GrafanaMajor, versionSet } from './version-set';

export type { GrafanaMajor } from './version-set';

export const pluginId = 'selfcheer-cheermeter-panel';
const builtPlugin = path.join(__dirname, '../../grafana-plugin/dist');

export interface PanelHostOptions {
  readonly grafana: GrafanaMajor;
  /** Base URL of the Prometheus that dashboards ask. */
  readonly prometheus?: string;
  /** `Scrape interval` of the Prometheus data source's settings; 15 s, Grafana's own, when absent. */
  readonly scrapeSeconds?: number;
  /** Classic dashboard JSON by name, or a folder of JSON files, which are read anew for every page. */
  readonly dashboards: Readonly<Record<string, object>> | string;
  /** Frames for the fixture data source's `scenario`; a function is called for every query. */
  readonly fixtures?: Readonly<Record<string, readonly object[] | (() => readonly object[])>>;
  /** The plugin's built folder. */
  readonly plugin?: string;
  /** A free one when absent or 0. */
  readonly port?: number;
}

export interface PanelUrlOptions {
  readonly theme?: 'light' | 'dark';
  /** Without the row of variables and times. */
  readonly kiosk?: boolean;
  /** Only this panel, in CSS pixels, its border included. */
  readonly panel?: { readonly id: number; readonly width: number; readonly height: number };
  /** Over those of the dashboard. */
  readonly from?: string;
  readonly to?: string;
  readonly variables?: Readonly<Record<string, string | readonly string[]>>;
}

/** JSON has no NaN and no infinity; the fixture data source reads these words back in fields of numbers. */
const toJson = (value: object): string =>
  JSON.stringify(value, (_, held: unknown) =>
    typeof held === 'number' && !Number.isFinite(held) ? String(held) : held,
  );

function folderContents(folder: string): Pick<Contents, 'dashboardNames' | 'dashboard'> {
  const names = async (): Promise<string[]> =>
    (await readdir(folder))
      .filter((file) => file.endsWith('.json'))
      .map((file) => path.basename(file, '.json'));
  return {
    dashboardNames: names,
    dashboard: async (name) =>
      (await names()).includes(name) ? readFile(path.join(folder, `${name}.json`), 'utf8') : undefined,
  };
}

function contentsOf({ dashboards, fixtures = {} }: PanelHostOptions): Contents {
  const held = typeof dashboards === 'string' ? folderContents(dashboards) : recordContents(dashboards);
  return {
    ...held,
    fixture(name) {
      const fixture = fixtures[name];
      return fixture && toJson(typeof fixture === 'function' ? fixture() : fixture);
    },
  };
}

function recordContents(dashboards: Readonly<Record<string, object>>): Omit<Contents, 'fixture'> {
  return {
    dashboardNames: () => Object.keys(dashboards),
    dashboard: (name) => dashboards[name] && toJson(dashboards[name]),
  };
}

/** Draws dashboards with the built panel by Grafana's own packages: no Grafana server is needed. */
export class PanelHost {
  private constructor(private readonly server: http.Server) {}

  /** Builds the page when it is not built yet (seconds, once for each version set). */
  static async start(options: PanelHostOptions): Promise<PanelHost> {
    const set = versionSet(options.grafana);
    const server = createPanelServer({
      set,
      page: await buildPage(set),
      plugins: { [pluginId]: options.plugin ?? builtPlugin },
      ...(options.prometheus === undefined ? {} : { prometheus: options.prometheus }),
      scrapeSeconds: options.scrapeSeconds ?? 15,
      contents: contentsOf(options),
    });
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return new PanelHost(server);
  }

  /** The page of a dashboard; the list of them without a name. */
  url(dashboard?: string, options: PanelUrlOptions = {}): string {
    const { port } = this.server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/`);
    if (dashboard === undefined) return url.href;
    url.pathname = `/dashboards/${encodeURIComponent(dashboard)}`;
    const { theme = 'dark', kiosk = false, panel, variables = {}, ...times } = options;
    const query = url.searchParams;
    query.set('theme', theme);
    if (kiosk) query.set('kiosk', '');
    for (const [name, time] of Object.entries(times)) query.set(name, time);
    if (panel) {
      query.set('panel', String(panel.id));
      query.set('width', String(panel.width));
      query.set('height', String(panel.height));
    }
    for (const [name, values] of Object.entries(variables))
      for (const value of [values].flat()) query.append(`var-${name}`, value);
    return url.href;
  }

  async dispose(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
