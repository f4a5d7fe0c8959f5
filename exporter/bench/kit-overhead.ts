import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { percentile, root } from './events';

/** Of one express route, in microseconds of one request. */
export interface KitOverhead {
  readonly inFlight: number;
  readonly requests: number;
  readonly bare: Figures;
  readonly kit: Figures;
  /** kit to bare. */
  readonly ratio: Figures;
  readonly holds: boolean;
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
  /** Of the server, all threads. */
  readonly cpu: number;
}

type Variant = 'bare' | 'kit';

const allowed = 1.1;
const blockRequests = 1_000;
const warmUpRequests = 60_000;
/** What happens to the machine in one block happens to its neighbours too. */
const order: readonly Variant[] = ['bare', 'kit', 'kit', 'bare'];

/** How fast V8's code for the same program comes out differs by some percent from process to process. */
const pairs = 5;

interface Taken {
  /** Microseconds of each request. */
  readonly times: number[];
  cpuSeconds: number;
}

/** The same route bare and with the kit's middleware in front, in short turns within one run, over several processes. */
export async function measureKitOverhead(requests: number): Promise<KitOverhead[]> {
  const flights = [1, 8];
  const taken = flights.map(() => ({ bare: nothing(), kit: nothing() }));
  for (let pair = 0; pair < pairs; pair++) {
    const servers = { bare: await RouteProcess.start('bare'), kit: await RouteProcess.start('kit') };
    try {
      for (const variant of ['bare', 'kit'] as const) await servers[variant].drive(warmUpRequests, 8);
      for (const [at, inFlight] of flights.entries()) {
        await compare(servers, requests / pairs, inFlight, taken[at]!);
      }
    } finally {
      await Promise.all([servers.bare.stop(), servers.kit.stop()]);
    }
  }
  return flights.map((inFlight, at) => summary(inFlight, taken[at]!));
}

function nothing(): Taken {
  return { times: [], cpuSeconds: 0 };
}

async function compare(
  servers: Readonly<Record<Variant, RouteProcess>>,
  requests: number,
  inFlight: number,
  taken: Readonly<Record<Variant, Taken>>,
): Promise<void> {
  for (let sent = 0; sent < requests; sent += 2 * blockRequests) {
    for (const variant of order) {
      const before = servers[variant].cpuSeconds();
      for (const us of await servers[variant].drive(blockRequests, inFlight)) taken[variant].times.push(us);
      taken[variant].cpuSeconds += servers[variant].cpuSeconds() - before;
    }
  }
}

function summary(inFlight: number, taken: Readonly<Record<Variant, Taken>>): KitOverhead {
  const [bare, kit] = [figures(taken.bare), figures(taken.kit)];
  const ratio = { p50: kit.p50 / bare.p50, p99: kit.p99 / bare.p99, cpu: kit.cpu / bare.cpu };
  return { inFlight, requests: taken.kit.times.length, bare, kit, ratio, holds: ratio.p50 <= allowed };
}

function figures({ times, cpuSeconds }: Taken): Figures {
  return {
    p50: percentile(times, 50),
    p99: percentile(times, 99),
    cpu: (cpuSeconds * 1e6) / times.length,
  };
}

/** A server in a process of its own, asked over connections that stay open. */
class RouteProcess {
  #sockets: Socket[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(variant: Variant): Promise<RouteProcess> {
    const file = join(root, 'exporter/bench/kit-server.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', file, variant], {
      env: { ...process.env, NODE_ENV: 'production', SELFCHEER_ADMIN: '127.0.0.1:0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) {
      const { http } = JSON.parse(line) as { http: string };
      child.stdout.resume();
      return new RouteProcess(child, Number(http.split(':').at(-1)));
    }
    throw new Error(`the ${variant} server did not start`);
  }

  /** Microseconds of each of so many requests, with so many in flight at any time. */
  async drive(requests: number, inFlight: number): Promise<number[]> {
    // A server closes connections that were not used for some seconds.
    this.#sockets = this.#sockets.filter((socket) => !socket.destroyed);
    while (this.#sockets.length < inFlight) {
      this.#sockets.push(connect({ port: this.port, host: '127.0.0.1', noDelay: true }));
    }
    const taken: number[] = [];
    let left = requests;
    const worker = async (socket: Socket): Promise<void> => {
      while (left-- > 0) {
        const startedAt = performance.now();
        await exchange(socket, 1_000 + left);
        taken.push((performance.now() - startedAt) * 1000);
      }
    };
    await Promise.all(this.#sockets.slice(0, inFlight).map(worker));
    return taken;
  }

  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}

/** As little work as possible beside the server's: one write, and the answer's last byte tells that it is whole. */
function exchange(socket: Socket, id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const heard = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.endsWith('}')) return;
      socket.off('data', heard).off('close', closed);
      if (text.startsWith('HTTP/1.1 200 ')) resolve();
      else reject(new Error(text));
    };
    const closed = (): void => reject(new Error('the server closed the connection'));
    socket.on('data', heard).on('close', closed);
    socket.write(`GET /flights/${id}?page=2 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n`);
  });
}
