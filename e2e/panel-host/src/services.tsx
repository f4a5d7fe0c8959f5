import {
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourceRef,
  EventBusSrv,
  getPanelDataSummary,
  type ScopedVars,
} from '@grafana/data';
import {
  type BackendSrv,
  type PanelDataErrorViewProps,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setPluginImportUtils,
  setRunRequest,
  setTemplateSrv,
} from '@grafana/runtime';
import { type SceneObject, sceneGraph } from '@grafana/scenes';
// By its path: the package does not export it. The build gives the very instance that the package uses.
import { setPanelDataErrorView } from 'grafana-runtime/components/PanelDataErrorView.mjs';
import { corePanel } from './core-panel';
import { FixtureSource } from './fixture-source';
import { type HostSource } from './host-source';
import { MixedSource } from './mixed-source';
import { isInstalled, loadedPanel, loadPanel } from './plugin-loader';
import { PromSource } from './prom-source';
import { runRequest } from './run-request';

type Ref = DataSourceRef | string | null | undefined;

const escapeRegex = (value: string): string => value.replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&');

/** As the Prometheus data source writes variables: several values become alternatives of a regular expression. */
function promFormat(value: unknown, variable: { multi?: boolean; includeAll?: boolean } = {}): string {
  if (Array.isArray(value)) {
    const [first, ...others] = value.map((item) => escapeRegex(String(item)));
    return others.length === 0 ? (first ?? '') : `(${[first, ...others].join('|')})`;
  }
  const text = String(value);
  return variable.multi === true || variable.includeAll === true ? escapeRegex(text) : text;
}

function replace(text: string, scopedVars: ScopedVars = {}): string {
  // Scenes hand themselves over in this variable.
  const held = scopedVars['__sceneObject']?.value as { valueOf(): SceneObject } | undefined;
  return held ? sceneGraph.interpolate(held.valueOf(), text, scopedVars, promFormat) : text;
}

function setSources(scrapeSeconds: number): void {
  const prometheus = new PromSource(replace, scrapeSeconds);
  const fixture = new FixtureSource();
  const named = (name: string | undefined): HostSource | undefined => {
    if (name === 'selfcheer-fixture' || name === fixture.uid) return fixture;
    // Whatever the uid is: a dashboard's Prometheus is the one there is.
    return name === undefined || !name.startsWith('--') ? prometheus : undefined;
  };
  const mixed = new MixedSource((type) => named(type) ?? prometheus);
  const find = (ref: Ref, scopedVars?: ScopedVars): HostSource => {
    const name = typeof ref === 'string' ? ref : (ref?.type ?? ref?.uid);
    const plain = name && replace(name, scopedVars);
    const found = plain === mixed.uid || plain === 'mixed' ? mixed : named(plain ?? undefined);
    if (!found) throw new Error(`the panel host has no data source ${plain ?? ''}`);
    return found;
  };
  const all: readonly DataSourceInstanceSettings[] = [prometheus.settings, fixture.settings];
  setDataSourceSrv({
    get: (ref, scopedVars): Promise<DataSourceApi> => Promise.resolve(find(ref, scopedVars)),
    getList: ({ pluginId } = {}) => all.filter(({ type }) => pluginId === undefined || type === pluginId),
    getInstanceSettings: (ref, scopedVars) => find(ref, scopedVars).settings,
    reload: () => Promise.resolve(),
    registerRuntimeDataSource: () => undefined,
  });
}

function ErrorView({ data, message, fieldConfig }: PanelDataErrorViewProps) {
  const { hasData } = getPanelDataSummary(data.series);
  const otherwise = hasData
    ? 'Data is missing a required field'
    : (fieldConfig?.defaults.noValue ?? 'No data');
  return <div data-testid="data-testid Panel data error message">{message ?? otherwise}</div>;
}

/** Gives Grafana's packages what Grafana's core gives them. `scrapeSeconds`: of the data source's settings. */
export function setServices(scrapeSeconds: number): void {
  setAppEvents(new EventBusSrv());
  setSources(scrapeSeconds);
  setRunRequest(runRequest);
  setTemplateSrv({
    replace: (text = '') => text,
    getVariables: () => [],
    containsTemplate: (text = '') => text.includes('$'),
    updateTimeRange: () => undefined,
  });
  const backend: Pick<BackendSrv, 'get' | 'post'> = {
    get: () => Promise.reject(new Error('the panel host has no backend of Grafana')),
    post: () => Promise.reject(new Error('the panel host has no backend of Grafana')),
  };
  setBackendSrv(backend as BackendSrv);
  setPluginImportUtils({
    importPanelPlugin: (id) => (isInstalled(id) ? loadPanel(id) : Promise.resolve(corePanel(id))),
    getPanelPluginFromCache: loadedPanel,
  });
  setPanelDataErrorView(ErrorView);
}
