import { createRequire } from 'node:module';
import type { AdminApp, AdminAppOptions } from './admin-app';

/**
 * The admin port: see `admin-app.ts`. Express takes 90 ms and 15 MB to load, so only a process that has such a port does
 * so, and not every thread that uses some part of the kit.
 *
 * @throws RangeError when `cors` names what is no origin.
 */
export function createAdminApp(options: AdminAppOptions): AdminApp {
  const admin = createRequire(__filename)('./admin-app') as typeof import('./admin-app');
  return admin.createAdminApp(options);
}
