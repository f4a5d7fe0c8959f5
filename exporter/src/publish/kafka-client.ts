import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import tls from 'node:tls';
import { Kafka, logLevel, type ISocketFactory, type Message, type Producer, type SASLOptions } from 'kafkajs';
import { messageOf } from '../errors';
import { rootOf } from './kafka-outcome';
import { createPartitioner } from './kafka-partitioner';
import { repairKafkajs } from './kafka-repairs';

/**
 * Where kafkajs' own log lines go: as debug, its errors, too. While a broker is away it writes several a second; that
 * sending fails is said once, by whoever is told of the failure.
 */
export interface KafkaLogger {
  debug(fields: object, message: string): void;
}

export interface KafkaOptions {
  /** `host:port` of one or more brokers to begin with. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl: boolean;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  /** Milliseconds for which one request may go unanswered. */
  readonly timeoutMs: number;
  readonly logger: KafkaLogger;
}

const keepAliveMs = 60_000;

/**
 * One kafkajs producer with hold of its sockets.
 *
 * It is never idempotent and there is no switch for it: kafkajs reuses sequence numbers after a send that was partly
 * rejected or not answered, and the broker then drops the next, different events as duplicates and reports success
 * (e2e/kafkajs-idempotent.test.ts). It never retries by itself: the relay does, and knows what the failure means.
 */
export class KafkaClient {
  readonly #options: KafkaOptions;
  readonly #producer: Producer;
  /** `closed` is one promise for all lanes that wait for it when they time out together. */
  readonly #sockets = new Map<net.Socket, { readonly address: string; readonly closed: Promise<void> }>();
  #connecting: Promise<void> | undefined;
  #closed = false;

  constructor(options: KafkaOptions) {
    repairKafkajs();
    this.#options = options;
    const kafka = new Kafka({
      brokers: [...options.brokers],
      clientId: options.clientId,
      ssl: options.ssl,
      ...(options.sasl && { sasl: options.sasl as SASLOptions }),
      connectionTimeout: Math.min(options.timeoutMs, 5_000),
      authenticationTimeout: options.timeoutMs,
      requestTimeout: options.timeoutMs,
      enforceRequestTimeout: true,
      retry: { retries: 0 },
      socketFactory: this.#openSocket,
      logLevel: logLevel.INFO,
      logCreator: () => (entry) => {
        const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry.log;
        options.logger.debug({ ...fields, kafkajs: entry.namespace }, messageOf(message));
      },
    });
    this.#producer = kafka.producer({
      idempotent: false,
      retry: { retries: 0 },
      createPartitioner,
      allowAutoTopicCreation: true,
    });
  }

  /** True once it was closed or given up: make a new one. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Connects to one of the brokers; all who wait share one attempt. Where none can be reached the client is closed. */
  connect(): Promise<void> {
    this.#connecting ??= this.#connectToAny().catch((error: unknown) => {
      this.abandon(rootOf(error));
      throw error;
    });
    return this.#connecting;
  }

  async #connectToAny(): Promise<void> {
    let last = new Error('The Kafka connection was closed.');
    // Without retries each attempt of kafkajs takes the next broker of the list.
    for (let left = this.#options.brokers.length; left > 0 && !this.#closed; left--) {
      try {
        return await this.#producer.connect();
      } catch (error) {
        last = rootOf(error);
      }
    }
    throw last;
  }

  /** One produce request per broker, acknowledged by all in-sync replicas. Rejects with whatever kafkajs throws. */
  async send(topic: string, messages: Message[]): Promise<void> {
    // The broker gives up before we do, so that its answer and not our time-out says what happened.
    const timeout = Math.ceil(this.#options.timeoutMs * 0.8);
    await this.#producer.send({ topic, messages, acks: -1, timeout });
  }

  /**
   * After a time-out: a half-open socket would let every later request on it time out as well. Resolves when kafkajs
   * knows, so that the next request opens a new one.
   */
  async dropConnections(broker: string, cause: Error): Promise<void> {
    const dropped = [...this.#sockets].filter(([, { address }]) => address === broker);
    for (const [socket] of dropped) socket.destroy(cause);
    await Promise.all(dropped.map(([, { closed }]) => closed));
    await setImmediate();
  }

  /** Ends every connection now; whatever is in flight fails. */
  abandon(cause: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets.keys()) socket.destroy(cause);
    this.#producer.disconnect().catch((error: unknown) => {
      this.#options.logger.debug({}, `Kafka disconnect: ${messageOf(rootOf(error))}`);
    });
  }

  /** Lets what is in flight finish, for `timeoutMs` at the most, and closes. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#producer.disconnect();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  readonly #openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const target = { host, port };
    const socket = ssl
      ? tls.connect({ ...target, ...(net.isIP(host) ? {} : { servername: host }) }, onConnect)
      : net.connect(target, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    // Without it Nagle's algorithm holds a lane's small request back until another lane's answer has come.
    socket.setNoDelay(true);
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        this.#sockets.delete(socket);
        resolve();
      });
    });
    this.#sockets.set(socket, { address: `${host}:${port}`, closed });
    return socket;
  };
}
