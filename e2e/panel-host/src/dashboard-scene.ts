import {
  dataLayers,
  EmbeddedScene,
  SceneControlsSpacer,
  SceneDataLayerSet,
  SceneDataTransformer,
  SceneFlexItem,
  SceneFlexLayout,
  SceneGridItem,
  SceneGridLayout,
  SceneQueryRunner,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
} from '@grafana/scenes';
import { type DashboardModel, type PanelModel } from './dashboard';
import { toVariable } from './variables';

/** Of Grafana's grid: a row's height, and the gap under it. */
const [rowPx, gapPx] = [30, 8];

function toPanel(panel: PanelModel): VizPanel {
  const runner = new SceneQueryRunner({
    queries: panel.targets ?? [],
    maxDataPointsFromWidth: true,
    ...(panel.datasource ? { datasource: panel.datasource } : {}),
    ...(panel.maxDataPoints ? { maxDataPoints: panel.maxDataPoints } : {}),
    ...(panel.interval ? { minInterval: panel.interval } : {}),
  });
  const transformations = panel.transformations ?? [];
  const data =
    transformations.length > 0 ? new SceneDataTransformer({ $data: runner, transformations }) : runner;
  return new VizPanel({
    key: `panel-${panel.id}`,
    pluginId: panel.type,
    ...(panel.pluginVersion ? { pluginVersion: panel.pluginVersion } : {}),
    title: panel.title ?? '',
    hoverHeader: !panel.title,
    ...(panel.description ? { description: panel.description } : {}),
    options: panel.options ?? {},
    fieldConfig: panel.fieldConfig ?? { defaults: {}, overrides: [] },
    displayMode: panel.transparent === true ? 'transparent' : 'default',
    $data: data,
  });
}

function toBody(panels: readonly PanelModel[]): SceneGridLayout | SceneFlexLayout {
  if (panels.length > 0 && panels.every(({ box }) => box)) {
    return new SceneFlexLayout({
      direction: 'row',
      wrap: 'wrap',
      children: panels.map((panel) => new SceneFlexItem({ ...panel.box, body: toPanel(panel) })),
    });
  }
  return new SceneGridLayout({
    children: panels.map(
      (panel) =>
        new SceneGridItem({
          x: panel.gridPos.x,
          y: panel.gridPos.y,
          width: panel.gridPos.w,
          height: panel.gridPos.h,
          body: toPanel(panel),
        }),
    ),
  });
}

/** The one panel that the address asks for, in a box of its size. */
function alone(panels: readonly PanelModel[], id: string, address: URLSearchParams): PanelModel[] {
  const panel = panels.find((one) => String(one.id) === id);
  if (!panel) throw new Error(`there is no panel ${id}`);
  const size = (name: string, otherwise: number): number => Number(address.get(name) ?? otherwise);
  const box = {
    width: size('width', 600),
    height: size('height', panel.gridPos.h * (rowPx + gapPx) - gapPx),
  };
  return [{ ...panel, box }];
}

/** A classic dashboard as a scene. The address may choose times, variables, one panel, and leave the controls out. */
export function toScene(dashboard: DashboardModel, address: URLSearchParams): EmbeddedScene {
  // What is folded in a row is drawn too: nothing of a dashboard stays unseen.
  const panels = (dashboard.panels ?? []).flatMap((panel) => {
    return panel.type === 'row' ? (panel.panels ?? []) : [panel];
  });
  const solo = address.get('panel');
  const variables = dashboard.templating?.list ?? [];
  const layers = (dashboard.annotations?.list ?? []).filter(({ datasource }) => {
    // Grafana's own annotations are in its database.
    return !(datasource?.uid ?? '').startsWith('-- Grafana');
  });
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({
      from: address.get('from') ?? dashboard.time?.from ?? 'now-1h',
      to: address.get('to') ?? dashboard.time?.to ?? 'now',
      timeZone: dashboard.timezone || 'utc',
    }),
    $variables: new SceneVariableSet({
      variables: variables.map((model) => toVariable(model, address.getAll(`var-${model.name}`))),
    }),
    $data: new SceneDataLayerSet({
      layers: layers.map(
        (query) =>
          new dataLayers.AnnotationsDataLayer({
            name: query.name,
            query,
            isEnabled: query.enable,
            isHidden: query.hide ?? false,
          }),
      ),
    }),
    controls: address.has('kiosk')
      ? []
      : [
          new VariableValueSelectors({}),
          new SceneControlsSpacer(),
          new SceneTimePicker({}),
          new SceneRefreshPicker(dashboard.refresh ? { refresh: dashboard.refresh } : {}),
        ],
    body: toBody(solo ? alone(panels, solo, address) : panels),
  });
}
