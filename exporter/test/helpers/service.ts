import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@selfcheer/cheer-kit';
import { eventually as eventuallyWithin } from '../../../cheer-kit/test/wait';
import { startApp, type App } from '../../src/app';
import { configSchema, type Config } from '../../src/config/schema';
import { startRelayInline, type StartRelay } from '../../src/relay-link';
import { post, type PostOptions, type Reply } from './http-post';

/** A chapter waits for what must come about, on a machine that may be busy with others. */
jest.setTimeout(30_000);

const services: Service[] = [];
const directories: string[] = [];

export interface ServiceOptions {
  /** A directory that is there already, for a restart; a new one when absent. */
  readonly dataDir?: string;
  readonly startRelay?: StartRelay;
}

/** One line of the embedded sink, as a stranger reads it: with JSON.parse and nothing of ours. */
export interface Published {
  readonly id: string;
  readonly revision: number;
  readonly key: string;
  /** The payload's bytes as they stand in the value. */
  readonly payload: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly lane: number;
  readonly seq: number;
}

/** The whole service in this process: free ports, a directory of its own, the relay in this thread, a log in memory. */
export class Service {
  private constructor(
    readonly app: App,
    readonly config: Config,
    readonly log: readonly Record<string, unknown>[],
  ) {}

  static async start(settings: object = {}, options: ServiceOptions = {}): Promise<Service> {
    const config = configSchema.parse({
      http: '127.0.0.1:0',
      grpc: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      dataDir: options.dataDir ?? temporaryDirectory(),
      drainSeconds: 0.5,
      logLevel: 'silent',
      ...settings,
    });
    const log: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void log.push(JSON.parse(line) as (typeof log)[number]) };
    const logger = createLogger({ service: config.service, level: 'info', destination });
    const app = await startApp(config, { startRelay: options.startRelay ?? startRelayInline, logger });
    const service = new Service(app, config, log);
    services.push(service);
    return service;
  }

  get dataDir(): string {
    return this.config.dataDir;
  }

  /** Posts events as JSON, or a text or bytes as they are. */
  send(body: unknown, options: PostOptions = {}): Promise<Reply> {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return post(portOf(this.app.addresses.http), bytes, options);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return post(portOf(this.app.addresses.admin), '', { method: 'GET', path, headers });
  }

  /** A change by way of the admin port. */
  post(path: string): Promise<Reply> {
    return post(portOf(this.app.addresses.admin), '{}', {
      path,
      headers: { 'content-type': 'application/json' },
    });
  }

  /** `replay` or `discard` of a quarantined event. */
  act(number: number, action: string, headers: Record<string, string> = {}): Promise<Reply> {
    return post(portOf(this.app.addresses.admin), '{}', {
      path: `/api/v1/quarantine/${number}/${action}`,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async cheer(): Promise<CheerAnswer> {
    return (await this.get('/api/v1/cheer')).json as unknown as CheerAnswer;
  }

  published(topic = this.config.kafka.topic): Published[] {
    return readPublished(this.dataDir, topic);
  }

  /** Waits until the sink holds exactly this many events. */
  async untilPublished(count: number): Promise<Published[]> {
    await eventually(() => this.published().length >= count);
    return this.published();
  }

  /** Everything on the disk as `kill -9` would leave it now. */
  crashCopy(): string {
    const copy = temporaryDirectory();
    cpSync(this.dataDir, copy, { recursive: true });
    return copy;
  }

  stop(): Promise<void> {
    return this.app.drain('test');
  }
}

export interface CheerAnswer {
  readonly state: string;
  readonly score: number | null;
  readonly idle: boolean;
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
  readonly cheers_total: number;
  readonly misses_total: number;
}

/** For `afterEach`: whatever a chapter left running is drained, whatever it wrote is removed. */
export async function tidyUp(): Promise<void> {
  const ends = await Promise.allSettled(services.splice(0).map((service) => service.stop()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'selfcheer-'));
  directories.push(directory);
  return directory;
}

/** A file in a directory of its own. */
export function temporaryFile(name: string, content: string): string {
  const file = join(temporaryDirectory(), name);
  writeFileSync(file, content);
  return file;
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

export function readPublished(dataDir: string, topic = 'events'): Published[] {
  const directory = join(dataDir, 'published', topic);
  if (!existsSync(directory)) return [];
  const text = readdirSync(directory)
    .sort()
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
  // What comes after the last line feed is a write that is still going on.
  return text.split('\n').slice(0, -1).map(published);
}

function published(line: string): Published {
  const { key, value, headers, lane, seq } = JSON.parse(line) as Published & { value: unknown };
  // A value that spans lines stands in the log as a string; any other stands there as it is.
  const whole = typeof value === 'string' ? value : line;
  const fields = (typeof value === 'string' ? JSON.parse(value) : value) as Published['value'];
  const start = whole.indexOf('"payload":') + '"payload":'.length;
  const end = whole.lastIndexOf(`,"timestamp":${String(fields['timestamp'])},"source":`);
  return {
    id: String(fields['event_id']),
    revision: Number(headers['ce_revision']),
    key,
    payload: whole.slice(start, end),
    value: fields,
    headers,
    lane,
    seq,
  };
}

/** A chapter's time to wait for what must come about. */
export function eventually(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  return eventuallyWithin(condition, timeoutMs);
}
