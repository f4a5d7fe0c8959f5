/** A feature flag that became another, as the cheer event of kind `flag` tells it. */
export interface FlagChange {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly service: string;
  /** One line, for example `Flag sampling-ratio is tenth`. */
  readonly title: string;
  /** One line, for example `tenth (0.1); was default (1)`. */
  readonly detail: string;
}
