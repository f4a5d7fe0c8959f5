import { setTimeout as sleep } from 'node:timers/promises';
import { fullJitter } from '../resilience/retry';
import { askAgent, ConsulError, type ConsulAgent } from './consul-agent';

/** For `ConsulRegistration`. */
export interface ConsulRegistrationOptions {
  readonly agent: ConsulAgent;
  /** Unique on the agent: two instances must not share it. */
  readonly id: string;
  readonly name: string;
  /** Where others reach this instance. */
  readonly host: string;
  readonly port: number;
  readonly tags?: readonly string[];
  /** The agent asks this URL; 2xx is passing. */
  readonly checkUrl: string;
  /** How often the agent asks, in seconds. Default 5. */
  readonly checkSeconds?: number;
  /** An instance that is critical for this long is forgotten, in seconds; Consul takes 60 at least. Default 60. */
  readonly deregisterAfterSeconds?: number;
  /** How often it is made sure that the agent still knows this instance, in seconds. Default 30. */
  readonly everySeconds?: number;
  /** Told when it is registered. */
  readonly onRegistered?: () => void;
  /** The agent could not be asked, or refused. Called once for each row of failures; it is tried again. */
  readonly onProblem?: (error: Error) => void;
}

const answerMs = 2_000;
const leastDeregisterSeconds = 60;

/**
 * Tells a Consul agent that this instance is here, again and again, for an agent may lose what it knew; and that it
 * goes. The service never waits for it: without its agent it works as well. All its times are real time.
 *
 *   idle -> registering <-> registered -> gone
 *
 * Source: Consul HTTP API, "Register Service", "Get Service Configuration", "Deregister Service".
 */
export class ConsulRegistration {
  private readonly leaving = new AbortController();
  private running: Promise<void> | undefined;
  private readonly servicePath: string;

  constructor(private readonly options: ConsulRegistrationOptions) {
    const { deregisterAfterSeconds = leastDeregisterSeconds } = options;
    if (!(deregisterAfterSeconds >= leastDeregisterSeconds)) {
      throw new RangeError(
        `deregisterAfterSeconds must be at least ${leastDeregisterSeconds}, not ${deregisterAfterSeconds}`,
      );
    }
    this.servicePath = `/v1/agent/service/${encodeURIComponent(options.id)}`;
  }

  /** Registers, and again whenever the agent has forgotten it. */
  start(): void {
    this.running ??= this.run();
  }

  /** Never rejects; takes `withinMs` at the most. */
  async deregister(withinMs = answerMs): Promise<void> {
    this.leaving.abort();
    if (!this.running) return;
    await this.running;
    const { agent, id, onProblem } = this.options;
    const path = `/v1/agent/service/deregister/${encodeURIComponent(id)}`;
    await askAgent(agent, 'PUT', path, AbortSignal.timeout(withinMs)).catch((error: unknown) =>
      onProblem?.(error as Error),
    );
  }

  private async run(): Promise<void> {
    const { everySeconds = 30, onProblem } = this.options;
    const { signal } = this.leaving;
    for (let failures = 0; !signal.aborted;) {
      try {
        if (!(await this.known())) await this.register();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) onProblem?.(error as Error);
      }
      const everyMs = everySeconds * 1000;
      const pauseMs = failures > 0 ? fullJitter(failures + 1, { minMs: 1000, maxMs: everyMs }) : everyMs;
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Asked first, for registering anew would set a passing check back to critical until it is asked again. */
  private async known(): Promise<boolean> {
    try {
      await askAgent(this.options.agent, 'GET', this.servicePath, this.soon());
      return true;
    } catch (error) {
      if (error instanceof ConsulError && error.status === 404) return false;
      throw error;
    }
  }

  private async register(): Promise<void> {
    const { agent, id, name, host, port, tags = [], checkUrl, onRegistered } = this.options;
    const { checkSeconds = 5, deregisterAfterSeconds = leastDeregisterSeconds } = this.options;
    await askAgent(agent, 'PUT', '/v1/agent/service/register?replace-existing-checks=true', this.soon(), {
      ID: id,
      Name: name,
      Address: host,
      Port: port,
      Tags: tags,
      Check: {
        Name: 'ready',
        HTTP: checkUrl,
        Method: 'GET',
        Interval: `${checkSeconds}s`,
        Timeout: '2s',
        DeregisterCriticalServiceAfter: `${deregisterAfterSeconds}s`,
      },
    });
    onRegistered?.();
  }

  private soon(): AbortSignal {
    return AbortSignal.any([this.leaving.signal, AbortSignal.timeout(answerMs)]);
  }
}
