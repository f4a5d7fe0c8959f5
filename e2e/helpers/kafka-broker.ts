import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port';
import { type KafkaAdmin, kafkaAdmin } from './kafka-admin';

const run = promisify(execFile);
const script = path.join(__dirname, '../kafka/kafka.sh');
/** The very first start fetches the jars. */
const startTimeoutMs = 600_000;

export interface KafkaBrokerOptions {
  /** Broker settings, for example `{'auto.create.topics.enable': 'false'}`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Port of a proxy that will stand in front of `proxiedPort`; clients that come that way stay on it. */
  readonly proxyPort?: number;
  /** The first broker of a cluster of two, which this one joins. */
  readonly join?: KafkaBroker;
}

export interface KafkaBroker extends KafkaAdmin {
  readonly directory: string;
  readonly brokers: readonly [string];
  readonly port: number;
  /** Where the proxy of `proxyPort` is to connect; the broker's own port without one. */
  readonly proxiedPort: number;
  /** Orderly; data stays for `restart`. */
  stop(): Promise<void>;
  /** SIGKILL; data stays for `restart`. */
  kill(): Promise<void>;
  /** SIGSTOP: the kernel still takes connections and bytes, but nobody answers. */
  pause(): void;
  resume(): void;
  /** Starts it again, on the same port with the same data, after `stop` or `kill`. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

/** Starts a real broker on a free port with a data directory of its own. */
export async function startKafka(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
  const directory = await mkdtemp(path.join(tmpdir(), 'selfcheer-kafka-'));
  const port = await freePort();
  const proxiedPort = options.proxyPort === undefined ? port : await freePort();
  const settings = Object.entries(options.settings ?? {}).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ]);
  const join = options.join ? ['--join', options.join.directory] : [];
  const proxied = options.proxyPort === undefined ? [] : ['--proxied', `${proxiedPort}:${options.proxyPort}`];
  const brokers = [`127.0.0.1:${port}`] as const;
  let pid = 0;

  const signal = (name: NodeJS.Signals) => {
    if (pid !== 0) process.kill(pid, name);
  };
  // A test run that dies leaves no broker behind.
  const onExit = () => {
    try {
      signal('SIGKILL');
    } catch {
      // It is gone already.
    }
  };

  async function start(): Promise<void> {
    const place = ['--port', String(port), '--dir', directory];
    await run(script, ['start', ...place, ...proxied, ...join, ...settings], { timeout: startTimeoutMs });
    pid = Number(await readFile(path.join(directory, 'pid'), 'utf8'));
  }

  async function stop(): Promise<void> {
    if (pid === 0) return;
    signal('SIGCONT');
    await run(script, ['stop', '--dir', directory]);
    pid = 0;
  }

  async function kill(): Promise<void> {
    signal('SIGKILL');
    pid = 0;
    // Waits until it is really gone.
    await run(script, ['stop', '--dir', directory]);
  }

  process.once('exit', onExit);
  try {
    await start();
  } catch (error) {
    process.off('exit', onExit);
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return {
    directory,
    brokers,
    port,
    proxiedPort,
    ...kafkaAdmin(brokers[0]),
    stop,
    kill,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    restart: start,
    async dispose() {
      process.off('exit', onExit);
      if (pid !== 0) await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
