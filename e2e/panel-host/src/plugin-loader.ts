import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import i18next from 'i18next';
import lodash from 'lodash';
import moment from 'moment';
import * as React from 'react';
import * as jsxRuntime from 'react/jsx-runtime';
import * as ReactDom from 'react-dom';
import * as rxjs from 'rxjs';
import * as rxjsOperators from 'rxjs/operators';

type Exports = Record<string, unknown>;

/** Of CommonJS packages whose default is the package itself. */
const withDefault = (value: object): Exports => ({ ...value, default: value, __useDefault: true });

/** What Grafana hands to plugins: they bundle none of it, so all share its instances. */
const shared: Record<string, Exports> = {
  react: { ...React },
  'react-dom': { ...ReactDom },
  'react/jsx-runtime': { ...jsxRuntime },
  emotion: { ...emotionCss },
  '@emotion/css': { ...emotionCss },
  '@emotion/react': { ...emotionReact },
  rxjs: { ...rxjs },
  'rxjs/operators': { ...rxjsOperators },
  lodash: withDefault(lodash),
  moment: withDefault(moment),
  i18next: withDefault(i18next),
  '@grafana/data': { ...grafanaData },
  '@grafana/ui': { ...grafanaUi },
};

const loaded = new Map<string, grafanaData.PanelPlugin>();
const panels = new Set<string>();

/** Registers the shared packages. Those of the runtime are looked at only now: `set…` functions have changed them. */
export async function startSystem(): Promise<void> {
  const modules = { ...shared, '@grafana/runtime': { ...grafanaRuntime } };
  for (const [name, exports] of Object.entries(modules)) System.set(`package:${name}`, exports);
  const imports = Object.fromEntries(Object.keys(modules).map((name) => [name, `package:${name}`]));
  System.addImportMap({ imports });
  for (const id of (await (await fetch('/api/plugins')).json()) as string[]) panels.add(id);
}

/** True for the plugins that this host has; others, like Grafana's own panels, are on no registry. */
export const isInstalled = (id: string): boolean => panels.has(id);

export const loadedPanel = (id: string): grafanaData.PanelPlugin | undefined => loaded.get(id);

/** Loads the AMD module of a plugin as Grafana does. */
export async function loadPanel(id: string): Promise<grafanaData.PanelPlugin> {
  const known = loaded.get(id);
  if (known) return known;
  const baseUrl = `/public/plugins/${id}`;
  const answer = await fetch(`${baseUrl}/plugin.json`);
  if (!answer.ok) throw new Error(`the plugin ${id} has no plugin.json`);
  const meta = (await answer.json()) as grafanaData.PanelPluginMeta;
  const namespace = (await System.import(`${location.origin}${baseUrl}/module.js`)) as Exports;
  // With a top-level await the AMD value is a promise.
  const exports = 'plugin' in namespace ? namespace : ((await namespace['default']) as Exports);
  const plugin = exports['plugin'] as grafanaData.PanelPlugin;
  plugin.meta = { ...meta, module: `${baseUrl}/module.js`, baseUrl };
  loaded.set(id, plugin);
  return plugin;
}
