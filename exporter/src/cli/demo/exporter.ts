import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SelfcheerError } from '../../errors';

export interface Exporter {
  readonly http: string;
  readonly admin: string;
  /** Resolves with what it said last when it ends by itself. */
  readonly ended: Promise<string>;
  /** Asks it to drain and waits until it has; kills it when it does not. */
  stop(): Promise<void>;
}

const startMs = 30_000;
const stopMs = 20_000;

/** An earthquake must have a magnitude that is a number, or null as the feed has it where none is known yet. */
const earthquakeSchema = {
  type: 'object',
  required: ['id', 'properties'],
  properties: {
    properties: { type: 'object', required: ['mag'], properties: { mag: { type: ['number', 'null'] } } },
  },
};

/** Starts the built exporter as a process of its own, with its data, configuration and log in `directory`. */
export async function startExporter(directory: string, datasets: string): Promise<Exporter> {
  const configFile = join(directory, 'selfcheer.yaml');
  writeFileSync(join(directory, 'earthquake.schema.json'), JSON.stringify(earthquakeSchema));
  writeFileSync(configFile, stringify(await configuration(datasets)));
  const log = join(directory, 'exporter.log');
  const child = spawn(process.execPath, [join(__dirname, '../../main.js'), 'start', '--config', configFile], {
    env: withoutSettings(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own: Ctrl-C must reach us first, so that we can still ask it what became of the events.
    detached: true,
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.stderr.pipe(createWriteStream(log));
  const ended = new Promise<string>((resolve) => {
    child.once('exit', () => {
      process.off('exit', killWithUs);
      resolve(readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n'));
    });
  });
  const { http, admin } = await readyLine(child, ended);
  return {
    http,
    admin,
    ended,
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}

async function configuration(datasets: string): Promise<object> {
  return {
    http: await freeAddress(8080),
    grpc: await freeAddress(50051),
    admin: await freeAddress(9464),
    dataDir: './data',
    enrich: [
      { step: 'normalize' },
      { step: 'fingerprint' },
      { step: 'lateness' },
      { step: 'schema', name: 'earthquake', file: './earthquake.schema.json', types: ['usgs.earthquake'] },
      {
        step: 'table',
        name: 'airport',
        file: join(datasets, 'airports.csv'),
        key: 'origin',
        column: 'iata',
        field: 'airport',
      },
    ],
  };
}

/** Settings of the shell are for the real exporter; the demo is always the same. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(SELFCHEER|KAFKA)_/.test(name)));
}

/** The standard port when nobody uses it, else any free one. */
function freeAddress(port: number): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve('127.0.0.1:0'));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(`127.0.0.1:${port}`)));
  });
}

function readyLine(child: ChildProcess, ended: Promise<string>): Promise<{ http: string; admin: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new SelfcheerError('demo', why));
    };
    const timer = setTimeout(() => fail(`The exporter did not start within ${startMs / 1000} s.`), startMs);
    void ended.then((said) => fail(`The exporter did not start:\n${said}`));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((candidate) => candidate.includes('"ready"'));
      if (line === undefined || !text.includes('\n')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as { http: string; admin: string });
    });
  });
}
