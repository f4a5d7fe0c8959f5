import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExporterProcess } from '../../../e2e/helpers/exporter-process';
import type { KafkaBroker } from '../../../e2e/helpers/kafka-broker';
import type { TcpProxy } from '../../../e2e/helpers/tcp-proxy';
import { injectFault } from '../fault/support/disk-inject';
import { keyOf } from './identities';
import type { Load } from './load';
import type { FaultKind } from './schedule';

export interface FaultTargets {
  readonly exporter: ExporterProcess;
  readonly broker: KafkaBroker;
  /** Between the exporter and the broker. */
  readonly proxy: TcpProxy;
  readonly load: Pick<Load, 'burst'>;
}

/** Makes a fault and heals it; resolves when it is over. An aborted signal only makes it shorter. */
type Inflict = (targets: FaultTargets, seconds: number, signal: AbortSignal) => Promise<void>;

const slowMs = 1_500;
const slowClients = 20;
const startWithinMs = 60_000;

const lasting = (seconds: number, signal: AbortSignal): Promise<void> =>
  sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);

export const inflict: Readonly<Record<FaultKind, Inflict>> = {
  async kill({ exporter }, seconds, signal) {
    await exporter.kill9();
    await lasting(seconds, signal);
    await startAgain(exporter);
  },
  async sigterm({ exporter }, seconds, signal) {
    exporter.terminate();
    const code = await exporter.exited(startWithinMs);
    await lasting(seconds, signal);
    await startAgain(exporter);
    if (code !== 0) throw new Error(`after SIGTERM it ended with ${String(code)}`);
  },
  async broker({ broker }, seconds, signal) {
    await (seconds > 9 ? broker.stop() : broker.kill());
    try {
      await lasting(seconds, signal);
    } finally {
      await broker.restart();
    }
  },
  async pause({ broker }, seconds, signal) {
    broker.pause();
    await lasting(seconds, signal);
    broker.resume();
  },
  async slow({ proxy }, seconds, signal) {
    proxy.delay(slowMs);
    await lasting(seconds, signal);
    proxy.delay(0);
  },
  async 'half-open'({ proxy }, seconds, signal) {
    proxy.freeze();
    await lasting(seconds, signal);
  },
  async cut({ proxy }, seconds, signal) {
    for (const end = performance.now() + seconds * 1000; performance.now() < end && !signal.aborted;) {
      proxy.reset();
      await lasting(0.5, signal);
    }
  },
  async lost({ proxy }, seconds, signal) {
    proxy.responses('swallow');
    await lasting(seconds, signal);
    proxy.responses('pass');
    proxy.reset();
  },
  async disk({ exporter }, seconds, signal) {
    if (exporter.pid === undefined) throw new Error('the exporter does not run');
    const injected = await injectFault(exporter.pid, { calls: ['fsync', 'fdatasync'], error: 'EIO' });
    await lasting(seconds, signal);
    await injected.heal();
  },
  async client({ exporter }, seconds, signal) {
    const [host = '', port] = exporter.addresses.http.split(':');
    const sockets = Array.from({ length: slowClients }, () => trickle(host, Number(port)));
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('1\r\nx\r\n');
    }, 1000);
    await lasting(seconds, signal);
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  },
  burst: ({ load }, seconds, signal) => load.burst(seconds, signal),
};

/** While it was down its port may have become the near end of somebody's connection, for a while. */
async function startAgain(exporter: ExporterProcess): Promise<void> {
  for (const end = performance.now() + startWithinMs; ; await sleep(1000)) {
    try {
      await exporter.restart();
      return;
    } catch (error) {
      if (performance.now() > end || !exporter.log.includes('another process listens there')) throw error;
    }
  }
}

/** Begins a request whose one event never ends. */
function trickle(host: string, port: number): Socket {
  const head = [
    'POST /v1/events HTTP/1.1',
    'host: soak',
    'content-type: application/x-ndjson',
    `authorization: Bearer ${keyOf('web')}`,
    'transfer-encoding: chunked',
  ];
  const body = '{"event_id":"never","payload":"';
  const socket = connect(port, host);
  // It is turned away in the end; that is what it is for.
  socket.on('error', () => socket.destroy());
  socket.resume().write(`${head.join('\r\n')}\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`);
  return socket;
}
