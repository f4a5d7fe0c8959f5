import { createAdminApp, type AdminApp, type AdminAppOptions } from '@selfcheer/cheer-kit';
import { bareVersion } from '../release/verify-document';
import type { AdminView } from './admin-view';
import { loadPageAssets, servePage } from './page-assets';
import { isLateOnly, type LiveService } from './releases-verdict';
import { quarantineApi } from './quarantine-openapi';
import { quarantineRoutes } from './quarantine-routes';
import { releasesApi } from './releases-openapi';
import { releasesRoutes } from './releases-routes';
import { syntheticApi } from './synthetic-openapi';
import { syntheticRoutes } from './synthetic-routes';

export interface ExporterAdminOptions extends Omit<AdminAppOptions, 'view' | 'page' | 'extend' | 'openapi'> {
  readonly view: AdminView;
}

/** The kit's admin port with the live page, the quarantine, releases and synthetic runs. */
export function createExporterAdmin(options: ExporterAdminOptions): AdminApp {
  const { view } = options;
  const { quarantine, synthetic, releases } = view;
  return createAdminApp({
    ...options,
    view: { ...view, quarantined: () => quarantine.count(), latestRelease: () => releases.store.latest },
    openapi: [quarantineApi, releasesApi, syntheticApi],
    page: servePage(loadPageAssets()),
    extend: (api, guards) => {
      api.use('/quarantine', quarantineRoutes(quarantine, guards));
      const { reader, operator: recorder } = guards;
      const running = (release: string): LiveService[] =>
        bareVersion(view.info.version) === bareVersion(release) ? [itself(view)] : [];
      api.use('/releases', releasesRoutes({ ...releases, running }, { reader, recorder }));
      api.use('/synthetic', syntheticRoutes(synthetic, guards));
    },
  });
}

function itself(view: AdminView): LiveService {
  const { service, version, track } = view.info;
  const { state, score, idle, reasons } = view.verdict();
  return {
    ...{ service, version, track, state, score, idle, draining: view.mode().mode === 'draining' },
    late: isLateOnly(reasons, view.slo()),
  };
}
