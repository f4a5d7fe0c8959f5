import type { CheerEvent } from '@selfcheer/cheer-kit';
import type { QuarantinedEvent } from '../../src/event';
import type { AdminView, QuarantineView } from '../../src/sidecar/admin-view';
import { scenes, type SceneName } from './admin-scenes';

/** An AdminView over plain data, for tests of the admin port and for looking at the page. */
export interface FakeAdminView extends AdminView {
  /** Adds a cheer event to the ring and tells the listeners. */
  emit(event: Omit<CheerEvent, 'sequence'>): void;
  /** Who did what in quarantine. */
  readonly audit: string[];
  readonly listeners: ReadonlySet<(event: CheerEvent) => void>;
}

export function fakeAdminView(name: SceneName = 'green', overrides: Partial<AdminView> = {}): FakeAdminView {
  const scene = scenes[name]();
  const ring: CheerEvent[] = [...scene.events];
  const listeners = new Set<(event: CheerEvent) => void>();
  const audit: string[] = [];
  return {
    info: scene.info,
    verdict: () => scene.verdict,
    slo: () => scene.slo,
    pipeline: () => scene.pipeline,
    resources: () => scene.resources,
    events: (since) => ring.filter((event) => event.sequence > since),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    quarantine: fakeQuarantine(scene.quarantine, audit),
    metrics: (accept) => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: `# ${accept}\n` }),
    liveness: () => ({ ok: true }),
    readiness: () => Promise.resolve({ ok: true }),
    health: () => Promise.resolve({ status: 'ok', timestamp: new Date().toISOString(), checks: {} }),
    emit: (event) => {
      const numbered = { ...event, sequence: (ring.at(-1)?.sequence ?? 0) + 1 };
      ring.push(numbered);
      for (const listener of listeners) listener(numbered);
    },
    audit,
    listeners,
    ...overrides,
  };
}

function fakeQuarantine(items: readonly QuarantinedEvent[], audit: string[]): QuarantineView {
  const left = new Map(items.map((item) => [item.number, item]));
  const settle = (action: string) => (number: number, actor: string) => {
    const found = left.delete(number);
    if (found) audit.push(`${actor} ${action} ${number}`);
    return Promise.resolve(found);
  };
  return {
    count: () => left.size,
    list: ({ before, limit }) =>
      Promise.resolve(
        [...left.values()]
          .filter((item) => item.number < before)
          .sort((a, b) => b.number - a.number)
          .slice(0, limit),
      ),
    get: (number) => Promise.resolve(left.get(number)),
    replay: settle('replay'),
    discard: settle('discard'),
  };
}
