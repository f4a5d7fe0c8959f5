import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as CustomBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapTooltipBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { byThresholds, dressed, type PanelSpec, type Placeable } from './panel-base';

const last = () => new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
const legend = () =>
  new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .calcs([]);
const tooltip = () =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

export interface TimeSeriesSpec extends PanelSpec {
  /** Bars of what happened in each interval, one on the other. */
  readonly bars?: boolean;
  /** Lines that are parts of a whole. */
  readonly stacked?: boolean;
}

/** Lines over time; steps are drawn as dashed lines. */
export function timeSeries(spec: TimeSeriesSpec): Placeable {
  const builder = dressed(new TimeSeriesBuilder(), spec)
    .legend(legend())
    .tooltip(tooltip())
    .lineWidth(1)
    .fillOpacity(spec.bars ? 70 : spec.stacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .axisSoftMin(0);
  if (spec.bars) builder.drawStyle(GraphDrawStyle.Bars);
  if (spec.bars || spec.stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (spec.steps) {
    const style = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);
    builder.thresholdsStyle(style);
  }
  return { builder, width: spec.width, height: spec.height };
}

/** One big figure for each series, with its course behind it unless it is of the present only. */
export function stat(spec: PanelSpec): Placeable {
  const present = spec.queries.every(({ instant }) => instant);
  const builder = dressed(new StatBuilder(), spec)
    .colorScheme(byThresholds)
    .colorMode(BigValueColorMode.Value)
    .graphMode(present ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .reduceOptions(last());
  return { builder, width: spec.width, height: spec.height };
}

/** A bar for each series, with its present value. */
export function bars(spec: PanelSpec): Placeable {
  const builder = dressed(new BarGaugeBuilder(), spec)
    .colorScheme(byThresholds)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .reduceOptions(last());
  return { builder, width: spec.width, height: spec.height };
}

/** How a classic histogram is spread, over time; the query gives its buckets by `le`. */
export function heatmap(spec: PanelSpec): Placeable {
  const builder = dressed(new HeatmapBuilder(), spec)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').steps(32))
    .yAxis(new YAxisConfigBuilder().unit(spec.unit ?? 'none'))
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
    .exemplarsColor('rgba(255,120,10,0.8)');
  return { builder, width: spec.width, height: spec.height };
}

/** A band for each series, coloured by what its numbers stand for. */
export function stateTimeline(spec: PanelSpec): Placeable {
  const builder = dressed(new StateTimelineBuilder(), spec)
    .colorScheme(byThresholds)
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .fillOpacity(80)
    .rowHeight(0.8)
    .legend(legend());
  return { builder, width: spec.width, height: spec.height };
}

/** Options of the cheer-meter that differ from its defaults. */
export interface CheerOptions {
  readonly layout?: 'meter' | 'grid' | 'ticker';
  readonly headline?: string;
  readonly groupBy?: string;
  readonly sortBy?: 'name' | 'budget' | 'score';
}

/** The panel plugin of this project. */
export function cheerMeter(spec: PanelSpec, options: CheerOptions): Placeable {
  const builder = dressed(new CustomBuilder().type('selfcheer-cheermeter-panel'), spec).options(options);
  return { builder, width: spec.width, height: spec.height };
}
