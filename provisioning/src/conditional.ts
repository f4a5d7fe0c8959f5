import { type QueryPlace } from './queries';
import { uids } from './shared-panels';

/** What has to happen for a query to give data; a test brings it about. */
export type Cause =
  /** Any alert with a severity fires. */
  | 'alert-fires'
  /** A pod with the track canary runs beside a stable one, and both have traffic. */
  | 'canary'
  /** A gRPC call was completed. */
  | 'grpc-call'
  /** Some events of an SLO were bad in the last hour. */
  | 'budget-burns'
  /** Something grows so fast that it is full within a year: the outbox while the broker is down. */
  | 'growth'
  /** The service is red. */
  | 'red'
  /** The service is yellow. */
  | 'yellow'
  /** A version runs that did not five minutes ago. */
  | 'release'
  /** A feature flag has a variant that it did not have five minutes ago. */
  | 'flag-changes';

export interface Conditional extends QueryPlace {
  readonly cause: Cause;
}

/** Every query that a healthy service with HTTP traffic leaves without data: all others have to give some. */
export const conditional: readonly Conditional[] = [
  { dashboard: uids.overview, panel: 'Firing alerts', refId: 'A', cause: 'alert-fires' },
  { dashboard: uids.slo, panel: 'Firing alerts', refId: 'A', cause: 'alert-fires' },
  { dashboard: uids.slo, panel: 'Spent at the present rate in', refId: 'A', cause: 'budget-burns' },
  {
    dashboard: uids.resources,
    panel: 'Headroom left at the growth of the last day',
    refId: 'A',
    cause: 'growth',
  },
  { dashboard: uids.flow, panel: 'gRPC calls by method and code', refId: 'A', cause: 'grpc-call' },
  { dashboard: uids.flow, panel: 'gRPC latency by method, p95', refId: 'A', cause: 'grpc-call' },
  { dashboard: uids.releases, panel: 'Latency of the canary, as a multiple', refId: 'A', cause: 'canary' },
  { dashboard: uids.releases, panel: 'Bad events of the canary', refId: 'A', cause: 'canary' },
  ...Object.values(uids).flatMap((dashboard): Conditional[] => [
    { dashboard, panel: 'Red', refId: 'annotation', cause: 'red' },
    { dashboard, panel: 'Yellow', refId: 'annotation', cause: 'yellow' },
    { dashboard, panel: 'Releases', refId: 'annotation', cause: 'release' },
  ]),
  { dashboard: uids.releases, panel: 'Feature flags', refId: 'annotation', cause: 'flag-changes' },
];
