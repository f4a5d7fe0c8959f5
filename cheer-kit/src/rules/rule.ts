/** What every alert says about its urgency: `critical` pages, `warning` is a ticket, `info` is only shown. */
export type Severity = 'critical' | 'warning' | 'info' | 'none';

/** A series that Prometheus keeps from a query. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A condition that Prometheus tells Alertmanager about. Durations as Prometheus writes them (`5m`). */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold before anybody is told; absent: at once. */
  readonly for?: string;
  /** How long it goes on being told after it has ended. */
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other. */
export interface RuleGroup<Rule extends RecordingRule | AlertingRule = RecordingRule | AlertingRule> {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

/** Every rule of a Prometheus, as its rule files hold them. */
export interface RuleFiles {
  readonly recording: readonly RuleGroup<RecordingRule>[];
  readonly alerts: readonly RuleGroup<AlertingRule>[];
}
