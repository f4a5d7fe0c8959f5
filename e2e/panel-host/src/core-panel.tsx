import { PanelPlugin, type PanelPluginMeta, type PanelProps } from '@grafana/data';

/** Stands where Grafana draws a panel of its own: those are on no registry. It tells what it was given to draw. */
export function corePanel(id: string): PanelPlugin {
  function CorePanel({ data }: PanelProps) {
    const points = data.series.reduce((sum, frame) => sum + frame.length, 0);
    return (
      <div data-testid="core-panel" data-type={id} data-frames={data.series.length} data-points={points}>
        {id}: {data.series.length} frames, {points} points
        {data.error && <p data-testid="core-panel-error">{data.error.message}</p>}
      </div>
    );
  }
  const plugin = new PanelPlugin(CorePanel);
  plugin.useFieldConfig();
  plugin.meta = { id, name: id, info: { version: '' } } as PanelPluginMeta;
  return plugin;
}
