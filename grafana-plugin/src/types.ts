import { type DataFrame, type DisplayValue, type Field } from '@grafana/data';

/** How well a service is doing. `stale`: its data ended; `unknown`: its data say nothing of its state. */
export type CheerState = 'green' | 'yellow' | 'red' | 'warming' | 'disabled' | 'stale' | 'unknown';

/** Worst first: what the grid sorts by. A group takes over its worst member's; all others hide stale, green disabled. */
export const statesWorstFirst: readonly CheerState[] = [
  'red',
  'yellow',
  'stale',
  'unknown',
  'warming',
  'disabled',
  'green',
];

/** What a series may stand for. `burnLong` and `burnShort` are burn rates: 1 spends the budget exactly in its period. */
export const roles = [
  'score',
  'state',
  'health',
  'budget',
  'cheers',
  'misses',
  'condition',
  'event',
  'burnLong',
  'burnShort',
] as const;
export type Role = (typeof roles)[number];

/** How the panel is drawn; `auto` chooses by its size and by the number of services. */
export const layouts = ['meter', 'grid', 'ticker'] as const;
export type Layout = (typeof layouts)[number];

export const orders = ['worst', 'name', 'budget', 'score'] as const;
export type SortBy = (typeof orders)[number];

/** A series whose metric or field has this name plays this role, whatever it would be taken for otherwise. */
export interface RoleMapping {
  readonly role: Role;
  /** The metric's or the field's name, or a regular expression between slashes. */
  readonly name: string;
}

export interface CheerMeterOptions {
  readonly layout: 'auto' | Layout;
  /** Above the meter, with variables; the service's name when empty. */
  readonly headline: string;
  readonly mappings: readonly RoleMapping[];
  /** The label that names a service; `service`, `job`, `app`, … in this order when empty. */
  readonly serviceLabel: string;
  /** The label that names an SLO. */
  readonly sloLabel: string;
  /** The label that the grid groups by; not grouped when empty. */
  readonly groupBy: string;
  readonly sortBy: SortBy;
  /** The query whose rows are events; derived from states and misses when empty. */
  readonly eventsRefId: string;
  readonly showBudget: boolean;
  readonly showEvents: boolean;
  readonly showReasons: boolean;
  readonly showSparkline: boolean;
  readonly celebrate: boolean;
}

/** What a new panel has: the exporter's metrics are drawn with these as they are. */
export const defaultOptions: CheerMeterOptions = {
  layout: 'auto',
  headline: '',
  mappings: [],
  serviceLabel: '',
  sloLabel: 'slo',
  groupBy: '',
  sortBy: 'worst',
  eventsRefId: '',
  showBudget: true,
  showEvents: true,
  showReasons: true,
  showSparkline: true,
  celebrate: true,
};

/** One figure as the field's configuration shows it. */
export interface Figure {
  /** Score in 0 to 100, budgets as a ratio in 0 to 1, whatever their source gave; never NaN or infinite. */
  readonly value: number;
  /** With unit, decimals, mappings and colour of the field's configuration. */
  readonly display: DisplayValue;
  /** Where it comes from: for data links. */
  readonly source: { readonly frame: DataFrame; readonly field: Field; readonly rowIndex: number };
}

/** Why a state is not green. */
export interface Reason {
  /** As in the label `condition`, or made from the figure that is too low. */
  readonly id: string;
  /** A short sentence without a full stop: "A breaker is open". */
  readonly text: string;
  /** Epoch ms of the first point of its present run; undefined when that is the first or the newest point of all. */
  readonly since?: number;
}

/** From a long and a short burn rate; `none` without both. Limit 1. */
export type Trend = 'acceptable' | 'increasing' | 'critical' | 'recovering' | 'none';

export interface Budget {
  readonly slo: string;
  /** 0 to 1: an overspent one is empty, not negative. Undefined: no data, which is neither good nor bad. */
  readonly remaining?: Figure;
  readonly trend: Trend;
}

export type CheerEventKind = 'state' | 'cheer' | 'miss' | 'release' | 'flag' | 'other';

export interface CheerEvent {
  /** Stable from update to update. */
  readonly id: string;
  /** Epoch ms. */
  readonly time: number;
  readonly kind: CheerEventKind;
  /** For `state`: the new one. */
  readonly state?: CheerState;
  /** Short, never markup: "Red, was yellow", "3 misses: timeout". */
  readonly text: string;
  /** The service's name; undefined for an event of none in particular. */
  readonly service?: string;
  readonly source?: Figure['source'];
}

/** The score over time, at most 60 points; null where there is a gap. */
export interface History {
  /** Epoch ms. */
  readonly times: readonly number[];
  readonly values: ReadonlyArray<number | null>;
}

/** All that the panel says of one service. */
export interface ServiceView {
  /** Stable from update to update, unique in the panel. */
  readonly key: string;
  readonly name: string;
  /** Value of the label that is grouped by; undefined when it has none. */
  readonly group?: string;
  readonly state: CheerState;
  /** Of a stale service: what was said last. */
  readonly lastState?: CheerState;
  /** Epoch ms of the last change of state, where the data show it; undefined while only the newest point says so. */
  readonly since?: number;
  /** Epoch ms of the newest point. */
  readonly lastSeen?: number;
  readonly score?: Figure;
  readonly reasons: readonly Reason[];
  /** Lowest first. */
  readonly budgets: readonly Budget[];
  /** Newest first, at most 20. */
  readonly events: readonly CheerEvent[];
  readonly history?: History;
  /** Within the panel's time range; undefined without a series of at least two points. */
  readonly cheers?: number;
  readonly misses?: number;
}

/** Something in the data that can't be shown, and what to do. */
export interface Problem {
  readonly text: string;
  readonly hint: string;
}

/** All that the panel draws; the same data give the same model. */
export interface CheerModel {
  /** `empty`: no series, or none with a point. `unusable`: there are data, and no series of them plays a role. */
  readonly status: 'ok' | 'empty' | 'unusable';
  /** In the order of `sortBy`. */
  readonly services: readonly ServiceView[];
  /** Newest first, at most 50: of all services, and those of none. */
  readonly events: readonly CheerEvent[];
  readonly problems: readonly Problem[];
}
