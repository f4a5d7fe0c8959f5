import { createAdminApp, type AdminApp, type AdminAppOptions } from '@selfcheer/cheer-kit';
import type { AdminView } from './admin-view';
import { loadPageAssets, servePage } from './page-assets';
import { quarantineApi } from './quarantine-openapi';
import { quarantineRoutes } from './quarantine-routes';

export interface ExporterAdminOptions extends Omit<AdminAppOptions, 'view' | 'page' | 'extend' | 'openapi'> {
  readonly view: AdminView;
}

/** The kit's admin port with the live page and the quarantine. */
export function createExporterAdmin(options: ExporterAdminOptions): AdminApp {
  const { quarantine } = options.view;
  return createAdminApp({
    ...options,
    view: { ...options.view, quarantined: () => quarantine.count() },
    openapi: [quarantineApi],
    page: servePage(loadPageAssets()),
    extend: (api, guards) => {
      api.use('/quarantine', quarantineRoutes(quarantine, guards));
    },
  });
}
