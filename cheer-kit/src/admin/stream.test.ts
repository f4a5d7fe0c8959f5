import { request, type IncomingMessage } from 'node:http';
import { AdminServer } from '../../test/admin-server';
import { fakeServiceView, greenVerdict, type FakeServiceView } from '../../test/fake-service-view';
import type { CheerEvent } from '../verdict';
import { createAdminApp } from './admin-app';
import type { StreamLimits } from './stream-clients';

let server: AdminServer;
let faults: unknown[];

afterEach(() => server.close());

async function serve(view: FakeServiceView, stream: Partial<StreamLimits> = {}): Promise<number> {
  faults = [];
  const onError = (error: unknown): number => faults.push(error);
  server = await AdminServer.start(
    createAdminApp({ view, loopback: true, onError, stream: { intervalMs: 20, ...stream } }),
  );
  return server.port;
}

interface Frame {
  readonly event?: string;
  readonly id?: string;
  readonly data?: Record<string, unknown>;
}

class Client {
  readonly frames: Frame[] = [];
  readonly ended: Promise<void>;
  text = '';

  constructor(readonly response: IncomingMessage) {
    this.ended = new Promise((resolve) => response.on('close', () => resolve()));
    response.setEncoding('utf8').on('error', () => undefined);
  }

  /** Starts reading and waits for the first frame that fits. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame> {
    for await (const chunk of this.response.iterator({ destroyOnReturn: false })) {
      this.text += String(chunk);
      const parts = this.text.split('\n\n');
      this.text = parts.pop() ?? '';
      const fresh = parts.map(parse);
      this.frames.push(...fresh);
      const found = fresh.find(fits);
      if (found) return found;
    }
    throw new Error('the stream ended');
  }
}

function parse(text: string): Frame {
  const frame: Record<string, unknown> = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    const value = line.slice(colon + 2);
    frame[line.slice(0, colon) || 'comment'] = line.startsWith('data') ? JSON.parse(value) : value;
  }
  return frame;
}

function connect(port: number, headers: Record<string, string> = {}): Promise<Client> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/api/v1/stream', headers, agent: false })
      .on('response', (response) => resolve(new Client(response)))
      .on('error', reject)
      .end();
  });
}

const miss: Omit<CheerEvent, 'sequence'> = {
  at: 0,
  kind: 'miss',
  title: 'missed: timeout',
  detail: 'line one\nline two',
  reason: 'timeout',
};

test('starts with a summary whose id is the latest sequence, and sends one again and again', async () => {
  const client = await connect(await serve(fakeServiceView()));
  expect(client.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(client.response.headers['cache-control']).toBe('no-store');
  const first = await client.until(({ event }) => event === 'summary');
  expect(first).toMatchObject({ id: '7', data: { cheer: { state: 'green' }, latest_sequence: 7 } });
  expect(first.data).not.toHaveProperty('caller');
  expect(client.frames[0]).toEqual({ retry: '2000' });
  const next = await client.until(({ event }) => event === 'summary');
  expect(next).not.toHaveProperty('id');
});

test('a new cheer event arrives under its name and sequence, on one data line', async () => {
  const view = fakeServiceView();
  const client = await connect(await serve(view));
  view.emit(miss);
  const frame = await client.until(({ event }) => event === 'miss');
  expect(frame).toMatchObject({ id: '8', data: { sequence: 8, reason: 'timeout', detail: miss.detail } });
});

test('says cheer when the count of cheers has grown', async () => {
  const view = fakeServiceView();
  let cheersTotal = 5;
  const client = await connect(await serve({ ...view, verdict: () => ({ ...greenVerdict, cheersTotal }) }));
  await client.until(({ event, id }) => event === 'summary' && id === undefined);
  cheersTotal = 9;
  const frame = await client.until(({ event, data }) => event === 'cheer' && data?.['cheers_total'] === 9);
  expect(frame).toEqual({ event: 'cheer', data: { cheers_total: 9, misses_total: 11 } });
  await client.until(({ event }) => event === 'summary');
  expect(client.frames.filter(({ data }) => data?.['cheers_total'] === 9 && !data['cheer'])).toHaveLength(1);
});

test.each([
  ['5', ['6', '7']],
  ['7', []],
  ['900', ['1', '2', '3', '4', '5', '6', '7']],
  ['x', []],
])('Last-Event-ID %s is resumed', async (lastEventId, missed) => {
  const client = await connect(await serve(fakeServiceView()), { 'Last-Event-ID': lastEventId });
  await client.until(({ event }) => event === 'summary');
  const events = client.frames.filter(
    ({ event }) => event !== undefined && !['summary', 'cheer'].includes(event),
  );
  expect(events.map(({ id }) => id)).toEqual(missed);
});

test('a client that does not read is dropped; the others go on', async () => {
  const view = fakeServiceView();
  const port = await serve(view, { intervalMs: 60_000, maxBufferedBytes: 64 * 1024 });
  const slow = await connect(port);
  slow.response.pause();
  const socket = server.sockets[0];
  if (!socket) throw new Error('no connection');
  const dropped = new Promise<number>((resolve) => {
    socket.on('close', () => resolve(emitted));
  });
  let emitted = 0;
  const burst = setInterval(() => {
    for (let n = 0; n < 100; n += 1) view.emit({ ...miss, detail: 'd'.repeat(10_000) });
    emitted += 100;
  }, 1);
  try {
    expect(await dropped).toBeLessThan(20_000);
  } finally {
    clearInterval(burst);
  }
  const other = await connect(port);
  expect(await other.until(({ event }) => event === 'summary')).toBeDefined();
});

test('the client after the last free place gets 503', async () => {
  const port = await serve(fakeServiceView(), { maxClients: 1 });
  const first = await connect(port);
  const refused = await connect(port);
  expect([refused.response.statusCode, refused.response.headers['retry-after']]).toEqual([503, '2']);
  expect(JSON.parse((await refused.response.toArray()).join(''))).toMatchObject({ code: 'too_many_clients' });
  const gone = new Promise((resolve) => server.sockets[0]?.on('close', resolve));
  first.response.destroy();
  await gone;
  const next = await connect(port);
  expect(next.response.statusCode).toBe(200);
});

test('close ends the streams, refuses new ones and leaves no listener', async () => {
  const view = fakeServiceView();
  const port = await serve(view);
  const client = await connect(port);
  expect(view.listeners.size).toBe(1);
  client.response.resume();
  server.admin.close();
  await client.ended;
  expect(client.response.complete).toBe(true);
  expect(view.listeners.size).toBe(0);
  expect((await connect(port)).response.statusCode).toBe(503);
});

test('a summary that fails becomes a comment and is reported, and the stream lives on', async () => {
  const slo = (): never => {
    throw new Error('bug');
  };
  const view = fakeServiceView({ slo });
  const client = await connect(await serve(view));
  await client.until((frame) => 'comment' in frame || frame.id !== undefined);
  view.emit(miss);
  expect(await client.until(({ event }) => event === 'miss')).toMatchObject({ id: '8' });
  expect(faults.length).toBeGreaterThan(0);
});

test('HEAD does not take a place', async () => {
  const port = await serve(fakeServiceView(), { maxClients: 1 });
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/stream`, { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect((await connect(port)).response.statusCode).toBe(200);
});
