import { createServer, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdminApp } from '../admin/create-admin-app';
import type { ServiceView } from '../admin/service-view';
import { hostOf, isLoopbackHost } from '../auth/loopback';
import { listenOn, stopServer, type WebServer } from '../http/server';
import type { Logger } from '../logger';
import type { AdminOptions } from './options';
import { Releases, type Release } from './releases';

/** Where a service listens, as `host:port`. */
export interface ServiceAddresses {
  readonly admin: string;
  readonly [server: string]: string;
}

/** The same with a server of the service itself. */
export type HttpAddresses = ServiceAddresses & { readonly http: string };

export interface LifecycleParts {
  readonly logger: Logger;
  readonly adminAddress: string;
  readonly admin: AdminOptions;
  readonly drainSeconds: number;
  readonly readinessLagSeconds: number;
  readonly handleSignals: boolean;
  /** Opens what the service needs before it takes work, and says how to close it; resolves with its view. */
  readonly open: (releases: Releases) => Promise<ServiceView>;
  /** Readiness is refused from now on, and so says the cheer. */
  readonly drainBegins: (reason: string) => void;
}

/** Of the time to drain: whatever the connections do, the rest is for `onDrain`, where anything waits for it. */
const connectionsShare = 0.6;
/** For the kit's own, after that; most of it for the last spans. */
const closeMs = 2_500;
const signals = ['SIGTERM', 'SIGINT'] as const;
/** Ctrl-C in a terminal goes to all of its processes, and npm passes it on once more: both are one. */
const sameSignalMs = 1_000;

/**
 * The life of a service.
 *
 * ```
 *   new -- start or listen --> starting --> running -- SIGTERM, SIGINT or drain --> draining --> over
 *                                 |                                                    ^
 *                                 +---------------- it fails, or is drained -----------+
 * ```
 *
 * It is drained as soon as what is being started is there, and started no more after that.
 */
export class Lifecycle {
  private readonly own: Releases;
  private readonly theirs: Releases;
  private readonly servers: WebServer[] = [];
  private readonly addresses: Record<string, string> = {};
  /** Settles when no start is under way; never rejects. */
  private starting: Promise<unknown> = Promise.resolve();
  private opened: Promise<ServiceView> | undefined;
  private admin: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  /** It said that it is ready, so there may be work on its way. */
  private told = false;
  private readonly leaving = new AbortController();

  constructor(private readonly parts: LifecycleParts) {
    this.own = new Releases(parts.logger);
    this.theirs = new Releases(parts.logger);
  }

  /** Aborted when it begins to drain. */
  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  onDrain(release: Release): void {
    this.theirs.add(release.name || 'onDrain', release);
  }

  /** Opens everything but servers, and says that it is ready. */
  start(addresses: Readonly<Record<string, string>>): Promise<ServiceAddresses> {
    return this.begin(async () => {
      await this.open();
      await this.openAdmin();
      return this.ready(addresses);
    });
  }

  /** The same with a server in front, whose address counts as `http`. */
  listen(app: RequestListener | WebServer, address: string): Promise<HttpAddresses> {
    return this.begin(async () => {
      await this.open();
      const server = typeof app === 'function' ? createServer(app) : app;
      const http = await listenOn(server, address);
      this.servers.push(server);
      // Last: what is ready must be able to take work.
      await this.openAdmin();
      return { ...this.ready({ http }), http };
    });
  }

  /** Never rejects. */
  drain(reason: string): Promise<void> {
    if (!this.draining) {
      this.draining = this.end(reason);
      this.leaving.abort(new Error(`draining: ${reason}`));
    }
    return this.draining;
  }

  /** One after the other: the same server listened twice at once would have two sockets. */
  private async begin<Addresses>(start: () => Promise<Addresses>): Promise<Addresses> {
    if (this.draining) throw new Error('the service is draining or over: make a new one');
    const work = this.starting.then(start);
    this.starting = Promise.allSettled([work]);
    try {
      return await work;
    } catch (error) {
      this.parts.logger.error({ err: error }, 'the service could not start');
      await this.drain('it could not start');
      throw error;
    }
  }

  private open(): Promise<ServiceView> {
    if (!this.opened && this.parts.handleSignals) this.watchSignals();
    return (this.opened ??= this.parts.open(this.own));
  }

  private openAdmin(): Promise<void> {
    return (this.admin ??= this.listenForAdmin());
  }

  private async listenForAdmin(): Promise<void> {
    const { adminAddress, logger } = this.parts;
    const admin = createAdminApp({
      view: await this.open(),
      ...this.parts.admin,
      loopback: isLoopbackHost(hostOf(adminAddress)),
      onError: (error, path) => logger.error({ err: error, path }, 'the admin port failed'),
    });
    const server = createServer(admin.app);
    this.addresses['admin'] = await listenOn(server, adminAddress);
    this.own.add('admin', () => {
      admin.close();
      return stopServer(server, 0);
    });
  }

  private ready(addresses: Readonly<Record<string, string>>): ServiceAddresses {
    Object.assign(this.addresses, addresses);
    const all = { ...this.addresses } as ServiceAddresses & Record<string, string>;
    // Whatever the level: who starts the process waits for this line.
    this.parts.logger.child({}, { level: 'info' }).info(all, this.told ? 'listening' : 'ready');
    this.told = true;
    return all;
  }

  private async end(reason: string): Promise<void> {
    const { logger, drainSeconds, readinessLagSeconds, drainBegins } = this.parts;
    logger.info({ reason }, 'draining');
    drainBegins(`draining: ${reason}`);
    await this.starting;
    if (this.told) await sleep(readinessLagSeconds * 1000);
    const endsAt = performance.now() + drainSeconds * 1000;
    const connectionsMs = (this.theirs.isEmpty ? 1 : connectionsShare) * drainSeconds * 1000;
    await Promise.all(this.servers.map((server) => stopServer(server, connectionsMs)));
    await this.theirs.run(() => endsAt - performance.now());
    // Probes and metrics are answered until here.
    const closedAt = performance.now() + closeMs;
    await this.own.run(() => closedAt - performance.now());
    logger.info('drained');
  }

  private watchSignals(): void {
    let firstAt: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (signal === 'SIGINT' && firstAt !== undefined && now - firstAt <= sameSignalMs) return;
      firstAt ??= now;
      // Asked twice, it waits no longer.
      if (this.draining) process.exit(1);
      // What others have left open must not keep the process.
      void this.drain(signal).then(() => process.exit(0));
    };
    for (const signal of signals) process.on(signal, onSignal);
    this.own.add('signals', () => {
      for (const signal of signals) process.off(signal, onSignal);
    });
  }
}
