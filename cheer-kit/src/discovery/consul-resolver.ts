import { setTimeout as sleep } from 'node:timers/promises';
import { fullJitter } from '../resilience/retry';
import { abortable } from './abortable';
import { askAgent, type ConsulAgent } from './consul-agent';
import { hostPort, InTurn, NoInstanceError, rootMessage, type Resolver } from './resolver';

/** For `ConsulResolver`. */
export interface ConsulResolverOptions {
  readonly agent: ConsulAgent;
  /** Name of the service as it is registered. */
  readonly service: string;
  /** How long one blocking query may hang, in seconds. Default 30. */
  readonly waitSeconds?: number;
  /** Least time between two queries, in seconds: on a busy cluster they return at once. Default 1. */
  readonly pauseSeconds?: number;
  /** A query failed; the instances that are known stay. Called once for each row of failures. */
  readonly onProblem?: (error: Error) => void;
}

/** What of an entry of `/v1/health/service` is needed. */
interface HealthEntry {
  readonly Node: { readonly Address: string };
  readonly Service: { readonly Address: string; readonly Port: number };
}

const backoff = { minMs: 1_000, maxMs: 30_000 };
/** Consul adds up to a sixteenth of the wait by itself; the rest is for the way. */
const answerMarginMs = 5_000;

/**
 * The passing instances of a service, kept current by blocking queries. All its times are real time.
 * Source: Consul HTTP API, "List Service Instances for Service" and "Blocking Queries" (with its rules for the index).
 */
export class ConsulResolver implements Resolver {
  private readonly inTurn = new InTurn();
  private readonly closing = new AbortController();
  private readonly service: string;
  private readonly waitMs: number;
  private readonly pauseMs: number;
  private index = 0;
  private failures = 0;
  private lastError: Error | undefined;
  /** Settles with the first answer, good or bad; what comes later finds the list as it is. */
  private first: Promise<void> | undefined;

  constructor(private readonly options: ConsulResolverOptions) {
    const { service, waitSeconds = 30, pauseSeconds = 1 } = options;
    if (service === '') throw new RangeError('service must not be empty');
    if (!(waitSeconds > 0)) throw new RangeError(`waitSeconds must be positive, not ${waitSeconds}`);
    if (!(pauseSeconds >= 0))
      throw new RangeError(`pauseSeconds must not be negative, but is ${pauseSeconds}`);
    this.service = service;
    this.waitMs = waitSeconds * 1000;
    this.pauseMs = pauseSeconds * 1000;
  }

  async pick(signal: AbortSignal): Promise<string> {
    this.closing.signal.throwIfAborted();
    await abortable((this.first ??= this.watch()), signal);
    const address = this.inTurn.next();
    if (address !== undefined) return address;
    const { lastError, service } = this;
    if (!lastError) throw new NoInstanceError(`Consul knows no passing instance of ${service}`);
    throw new NoInstanceError(
      `Consul could not be asked for instances of ${service}: ${rootMessage(lastError)}`,
      { cause: lastError },
    );
  }

  close(): void {
    this.closing.abort(
      new NoInstanceError(`the resolver of ${this.service} is closed`, { retriable: false }),
    );
  }

  /** Resolves after the first query; the watch goes on until `close`. */
  private async watch(): Promise<void> {
    await this.query();
    void this.goOn();
  }

  private async goOn(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      const backoffMs = this.failures > 0 ? fullJitter(this.failures + 1, backoff) : 0;
      const pauseMs = Math.max(this.pauseMs, backoffMs);
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.query();
    }
  }

  private async query(): Promise<void> {
    const blocking = this.index > 0 ? `&index=${this.index}&wait=${Math.ceil(this.waitMs / 1000)}s` : '';
    const path = `/v1/health/service/${encodeURIComponent(this.service)}?passing=true${blocking}`;
    const deadline = AbortSignal.timeout(Math.ceil((this.waitMs * 17) / 16) + answerMarginMs);
    const signal = AbortSignal.any([this.closing.signal, deadline]);
    try {
      const answer = await askAgent(this.options.agent, 'GET', path, signal);
      const entries = JSON.parse(answer.text) as HealthEntry[];
      this.inTurn.set(
        entries.map(({ Node, Service }) => hostPort(Service.Address || Node.Address, Service.Port)),
      );
      const index = Number(answer.headers.get('x-consul-index'));
      // An index that went backwards, or is none, means that the servers began anew: so do we.
      this.index = Number.isSafeInteger(index) && index >= this.index && index > 0 ? index : 0;
      this.failures = 0;
      this.lastError = undefined;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.lastError = error as Error;
      this.index = 0;
      this.failures += 1;
      if (this.failures === 1) this.options.onProblem?.(this.lastError);
    }
  }
}
