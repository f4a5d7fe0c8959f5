import { AdminServer } from '../../../cheer-kit/test/admin-server';
import { createExporterAdmin, type ExporterAdminOptions } from '../../src/sidecar/admin-app';
import { createAuthenticator } from '@selfcheer/cheer-kit';
import type { FakeAdminView } from './fake-admin-view';

/** The exporter's admin port in a test: one at a time, closed by `close`. */
export class ExporterAdmin {
  /** What the one that runs now told its log. */
  faults: unknown[] = [];
  private running: AdminServer | undefined;

  /** Starts it without keys unless the options say otherwise, and resolves with its URL. */
  async serve(view: FakeAdminView, options: Partial<ExporterAdminOptions> = {}): Promise<string> {
    await this.close();
    const faults: unknown[] = [];
    this.faults = faults;
    const admin = createExporterAdmin({
      view,
      authenticator: createAuthenticator({ apiKeys: [] }),
      loopback: true,
      onError: (error) => faults.push(error),
      ...options,
    });
    this.running = await AdminServer.start(admin);
    return this.running.url;
  }

  async close(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }
}
