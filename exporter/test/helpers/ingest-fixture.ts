import type { AddressInfo } from 'node:net';
import type { RequestListener, Server } from 'node:http';
import { createAuthenticator, type JwtVerifier } from '@selfcheer/cheer-kit';
import { configSchema, type ApiKey, type Limits } from '../../src/config/schema';
import { sizeOf, type Acceptor, type AppendOutcome, type Event } from '../../src/event';
import { Admission } from '../../src/ingest/admission';
import { ByteBudget } from '../../src/ingest/byte-budget';
import { HttpIngest } from '../../src/ingest/http-handler';
import { createHttpServer } from '../../src/ingest/http-server';
import type { IngestSpans } from '../../src/ingest/ingest-spans';
import { Intake, type IngestObserver } from '../../src/ingest/intake';
import type { Refusal } from '../../src/ingest/problem';

/** An outbox in memory with the real one's answers: duplicates, updates in order, conflicts when told so. */
export class FakeAcceptor implements Acceptor {
  readonly events: Event[] = [];
  readonly calls: number[] = [];
  rejectConflicts = false;
  /** Thrown by the next appends. */
  failure: Error | undefined;
  /** Awaited before anything is acknowledged. */
  hold: Promise<void> | undefined;
  readonly unwritten = { events: 0, bytes: 0 };
  readonly #seen = new Map<string, { hash: string; revision: number }>();

  async append(events: readonly Event[]): Promise<AppendOutcome[]> {
    this.calls.push(events.length);
    const outcomes = events.map((event) => this.#one(event));
    const bytes = events.reduce((sum, event) => sum + sizeOf(event), 0);
    this.unwritten.events += events.length;
    this.unwritten.bytes += bytes;
    if (this.hold) await this.hold;
    this.unwritten.events -= events.length;
    this.unwritten.bytes -= bytes;
    if (this.failure !== undefined) throw this.failure;
    return outcomes;
  }

  #one(event: Event): AppendOutcome {
    const identity = event.identity.toString('hex');
    const hash = event.bodyHash.toString('hex');
    const seen = this.#seen.get(identity);
    if (seen?.hash === hash) return { status: 'duplicate', revision: seen.revision };
    if (seen && this.rejectConflicts) return { status: 'conflict', revision: seen.revision };
    const revision = (seen?.revision ?? 0) + 1;
    this.#seen.set(identity, { hash, revision });
    const seq = this.events.push(event);
    return { status: seen ? 'updated' : 'accepted', revision, lane: 0, seq };
  }
}

export class CountingObserver implements IngestObserver {
  readonly counts: Record<string, number> = {};
  readonly latencies: { seconds: number; count: number; traceId: string | undefined }[] = [];
  readonly sheds: string[] = [];
  readonly failures: unknown[] = [];
  /** Beside each of the failures. */
  readonly correlations: (string | undefined)[] = [];

  ingested(transport: string, result: string, count: number): void {
    const name = `${transport} ${result}`;
    this.counts[name] = (this.counts[name] ?? 0) + count;
  }

  latency(_transport: string, seconds: number, count: number, traceId: string | undefined): void {
    this.latencies.push({ seconds, count, traceId });
  }

  shed(reason: string): void {
    this.sheds.push(reason);
  }

  failure(error: unknown, correlationId: string | undefined): void {
    this.failures.push(error);
    this.correlations.push(correlationId);
  }
}

export interface IngestFixtureOptions {
  readonly limits?: Partial<Limits>;
  readonly apiKeys?: readonly ApiKey[];
  readonly jwt?: JwtVerifier;
  readonly cors?: readonly string[];
  readonly mintIds?: boolean;
  readonly fallback?: RequestListener;
  readonly loopbackOnly?: boolean;
  readonly tenants?: Record<string, object>;
  readonly spans?: IngestSpans;
}

/** Ingest over a fake outbox, with wall-clock time fixed at 2026-01-01T00:00:00Z. */
export class IngestFixture {
  readonly acceptor = new FakeAcceptor();
  readonly observer = new CountingObserver();
  readonly answered: string[] = [];
  /** Ids for the exemplars of what was answered. */
  readonly traceIds: (string | undefined)[] = [];
  readonly limits: Limits;
  readonly memory: ByteBudget;
  readonly intake: Intake;
  readonly http: HttpIngest;
  readonly server: Server;
  gate: Refusal | undefined;
  /** Milliseconds that quotas take for passed beyond the real ones. */
  passed = 0;
  /** Who asked to come in, as tenant and priority, and whether they are turned away. */
  readonly asked: string[] = [];
  sheds: (tenant: string, priority: string) => boolean = () => false;

  constructor(options: IngestFixtureOptions = {}) {
    this.limits = { ...configSchema.parse({}).ingest.limits, ...options.limits };
    this.memory = new ByteBudget(this.limits.bufferedBytes);
    this.intake = new Intake({
      acceptor: this.acceptor,
      unwritten: () => this.acceptor.unwritten,
      defaults: { source: '/selfcheer/test', type: 'selfcheer.event' },
      limits: this.limits,
      mintIds: options.mintIds ?? false,
      cheer: () => ({ state: 'green', score: 97 }),
      gate: () => this.gate,
      admission: new Admission({
        tenants: configSchema.parse({ tenants: options.tenants ?? {} }).tenants,
        shedder: {
          drops: 1,
          sheds: (tenant, priority) => {
            this.asked.push(`${tenant} ${priority}`);
            return this.sheds(tenant, priority);
          },
          took: () => undefined,
        },
        clock: () => performance.now() + this.passed,
        random: () => 0.5,
      }),
      memory: this.memory,
      observer: this.observer,
      spans: options.spans !== undefined,
      now: () => Date.UTC(2026, 0, 1),
      clock: () => performance.now(),
    });
    this.http = new HttpIngest({
      intake: this.intake,
      authenticator: createAuthenticator({ apiKeys: options.apiKeys ?? [], jwt: options.jwt }),
      limits: this.limits,
      cors: options.cors ?? [],
      loopbackOnly: options.loopbackOnly ?? false,
      fallback: options.fallback ?? ((_request, response) => response.writeHead(404).end('fallback')),
      answered: (method, status, _seconds, traceId) => {
        this.answered.push(`${method} ${status}`);
        this.traceIds.push(traceId);
      },
      spans: options.spans,
    });
    this.server = createHttpServer(this.http, this.limits);
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
