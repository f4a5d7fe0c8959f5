import type { ServiceView } from '@selfcheer/cheer-kit';
import type {
  Actor,
  AuditEntry,
  BulkResult,
  QuarantineAction,
  QuarantinedEvent,
  QuarantineFilter,
  QuarantineResult,
  SyntheticRun,
} from '../event';
import type { ReleasesApi } from './releases-routes';

/** What the admin port needs to know about the exporter. */
export interface AdminView extends ServiceView {
  readonly quarantine: QuarantineView;
  /** What became of synthetic events; undefined for a run that is not known. */
  readonly synthetic: { get(run: string): SyntheticRun | undefined };
  readonly releases: Pick<ReleasesApi, 'store' | 'recorded'>;
}

/** Events that wait for a person. Rejections with a retriable SelfcheerError become 503, others 500. */
export interface QuarantineView {
  count(): number;
  /** Events with a smaller number than `before`, greatest number first; fewer than `limit` although there are more when few fit. */
  list(page: QuarantineFilter & { readonly before: number; readonly limit: number }): Promise<{
    readonly items: readonly QuarantinedEvent[];
    /** Null when there are no more. */
    readonly nextBefore: number | null;
  }>;
  get(number: number): Promise<QuarantinedEvent | undefined>;
  /** Replay puts the event back at the end of its lane under its own id; discard forgets it for good, and its id. */
  act(action: QuarantineAction, number: number, actor: Actor): Promise<QuarantineResult>;
  /** One step of the same for all that fit and have numbers behind `after`, up to `through`: oldest first. */
  actOnAll(
    action: QuarantineAction,
    request: QuarantineFilter & { readonly after: number; readonly through?: number },
    actor: Actor,
  ): Promise<BulkResult>;
  /** Who did what, latest first. */
  audit(page: { readonly before: number; readonly limit: number }): Promise<readonly AuditEntry[]>;
}
