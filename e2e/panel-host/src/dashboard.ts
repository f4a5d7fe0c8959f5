import {
  type AnnotationQuery,
  type DataSourceRef,
  type DataTransformerConfig,
  type FieldConfigSource,
} from '@grafana/data';
import { type SceneDataQuery } from '@grafana/scenes';

/** A dashboard's JSON, as far as the host draws it. */
export interface DashboardModel {
  readonly title?: string;
  readonly time?: { readonly from: string; readonly to: string };
  readonly timezone?: string;
  readonly refresh?: string | false;
  readonly templating?: { readonly list?: readonly VariableModel[] };
  readonly annotations?: { readonly list?: readonly AnnotationQuery[] };
  readonly panels?: readonly PanelModel[];
}

export interface VariableModel {
  readonly type: string;
  readonly name: string;
  readonly label?: string | null;
  readonly hide?: number;
  readonly query?: string | SceneDataQuery;
  readonly datasource?: DataSourceRef | null;
  readonly current?: { readonly text?: string | string[]; readonly value?: string | string[] };
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string | null;
  readonly refresh?: number;
  readonly sort?: number;
  readonly regex?: string;
}

export interface PanelModel {
  readonly id: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly transparent?: boolean;
  readonly pluginVersion?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** The host's own, for galleries: pixels, in place of `gridPos`. It must stand in all panels or in none. */
  readonly box?: { readonly width: number; readonly height: number };
  readonly datasource?: DataSourceRef | null;
  readonly targets?: SceneDataQuery[];
  readonly maxDataPoints?: number | null;
  /** At least this between two points, like `15s`. */
  readonly interval?: string;
  readonly options?: object;
  readonly fieldConfig?: FieldConfigSource;
  readonly transformations?: DataTransformerConfig[];
  readonly links?: readonly unknown[];
  /** Of a row that is folded. */
  readonly panels?: readonly PanelModel[];
  readonly collapsed?: boolean;
}
