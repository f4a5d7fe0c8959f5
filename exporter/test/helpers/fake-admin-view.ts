import type { CheerEvent } from '@selfcheer/cheer-kit';
import type {
  Actor,
  AuditEntry,
  QuarantineAction,
  QuarantinedEvent,
  QuarantineFilter,
  QuarantineResult,
} from '../../src/event';
import type { AdminView, QuarantineView } from '../../src/sidecar/admin-view';
import { ReleaseStore } from '../../src/sidecar/releases-store';
import { releaseEvent } from '../../src/sidecar/releases-json';
import { scenes, type SceneName } from './admin-scenes';

/** An AdminView over plain data, for tests of the admin port and for looking at the page. */
export interface FakeAdminView extends AdminView {
  /** Adds a cheer event to the ring and tells the listeners. */
  emit(event: Omit<CheerEvent, 'sequence'>): void;
  /** Who did what in quarantine. */
  readonly audit: string[];
  readonly listeners: ReadonlySet<(event: CheerEvent) => void>;
}

const acceptedAt = Date.UTC(2026, 0, 1);

export function fakeAdminView(name: SceneName = 'green', overrides: Partial<AdminView> = {}): FakeAdminView {
  const scene = scenes[name]();
  const ring: CheerEvent[] = [...scene.events];
  const listeners = new Set<(event: CheerEvent) => void>();
  const audit: string[] = [];
  const emit: FakeAdminView['emit'] = (event) => {
    const numbered = { ...event, sequence: (ring.at(-1)?.sequence ?? 0) + 1 };
    ring.push(numbered);
    for (const listener of listeners) listener(numbered);
  };
  return {
    info: scene.info,
    verdict: () => scene.verdict,
    mode: () => scene.mode,
    slo: () => scene.slo,
    pipeline: () => scene.pipeline,
    resources: () => scene.resources,
    events: (since) => ring.filter((event) => event.sequence > since),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flags: () => scene.flags,
    quarantine: fakeQuarantine(scene.quarantine, audit),
    metrics: (accept) => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: `# ${accept}\n` }),
    liveness: () => ({ ok: true }),
    readiness: () => Promise.resolve({ ok: true }),
    health: () => Promise.resolve({ status: 'ok', timestamp: new Date().toISOString(), checks: {} }),
    releases: {
      store: ReleaseStore.inMemory(scene.releases),
      recorded: (release) => emit({ at: release.recordedAt, kind: 'release', ...releaseEvent(release) }),
    },
    synthetic: {
      get: (run) =>
        run === 'run-1'
          ? {
              ...{ run, untracked: 0 },
              events: [
                { id: `${run}/1`, status: 'published', acceptedAt, settledAt: acceptedAt + 12 },
                { id: `${run}/2`, status: 'accepted', acceptedAt },
              ],
            }
          : undefined,
    },
    emit,
    audit,
    listeners,
    ...overrides,
  };
}

function fakeQuarantine(items: readonly QuarantinedEvent[], audit: string[]): QuarantineView {
  const left = new Map(items.map((item) => [item.number, item]));
  const entries: AuditEntry[] = [];
  const act = (action: QuarantineAction, number: number, actor: Actor): QuarantineResult => {
    const item = left.get(number);
    if (!item) return 'not_in_quarantine';
    left.delete(number);
    audit.push(`${actor.name} ${action} ${number}`);
    const { event, verdict } = item;
    entries.unshift({
      ...{ id: entries.length + 1, at: Date.now(), action, actor: actor.name, via: actor.via, number },
      ...{ eventId: event.id, source: event.source, revision: event.revision, traceId: null },
      ...{ reason: verdict.reason, step: verdict.step, outcome: 'done' },
    });
    return 'done';
  };
  const fits = ({ verdict, quarantinedAt }: QuarantinedEvent, filter: QuarantineFilter): boolean =>
    (filter.reason ?? verdict.reason) === verdict.reason &&
    (filter.step ?? verdict.step) === verdict.step &&
    (filter.since ?? 0) <= quarantinedAt;
  return {
    count: () => left.size,
    list: ({ before, limit, ...filter }) => {
      const found = [...left.values()]
        .filter((item) => item.number < before && fits(item, filter))
        .sort((a, b) => b.number - a.number)
        .slice(0, limit);
      const nextBefore = found.length === limit ? (found.at(-1)?.number ?? null) : null;
      return Promise.resolve({ items: found, nextBefore });
    },
    get: (number) => Promise.resolve(left.get(number)),
    act: (action, number, actor) => Promise.resolve(act(action, number, actor)),
    actOnAll: (action, { after, through = Infinity, ...filter }, actor) => {
      const numbers = [...left.values()]
        .filter((item) => item.number > after && item.number <= through && fits(item, filter))
        .map(({ number }) => number);
      for (const number of numbers) act(action, number, actor);
      return Promise.resolve({ done: numbers.length, superseded: 0, nextAfter: null, through: 9 });
    },
    audit: ({ before, limit }) => Promise.resolve(entries.filter(({ id }) => id < before).slice(0, limit)),
  };
}
