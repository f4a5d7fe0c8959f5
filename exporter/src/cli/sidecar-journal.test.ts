import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@selfcheer/cheer-kit';
import { collect } from '../../test/helpers/cli';
import { verifyDocumentOf } from '../../test/helpers/release-scenes';
import { createJournal } from './sidecar-journal';

let directory: string;
let server: Server;
let bodies: Record<string, unknown>[];
let tokens: (string | undefined)[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'selfcheer-journal-'));
  bodies = [];
  tokens = [];
  server = createServer((request, response) => {
    let text = '';
    tokens.push(request.headers.authorization);
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as Record<string, unknown>);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true, force: true });
});

const grafana = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const release = { number: 1, recordedAt: 1, recordedBy: 'ann', document: verifyDocumentOf() };
const change = {
  at: Date.UTC(2026, 10, 22),
  service: 'orders',
  title: 'Flag x is off',
  detail: 'off; was on',
};
const silent = createLogger({ service: 'test', level: 'silent' });

test('writes releases and flag changes to Grafana and the changelog, and waits for that at the end', async () => {
  const file = join(directory, 'HEALTH_CHANGELOG.md');
  const journal = createJournal({ grafana: grafana(), grafanaToken: 't', changelog: file, logger: silent });
  journal.release(release);
  journal.flag(change);
  await journal.close();
  expect(bodies.map(({ tags }) => tags)).toEqual([
    ['selfcheer', 'release', 'exporter', 'pass'],
    ['selfcheer', 'flag', 'orders'],
  ]);
  expect(tokens).toEqual(['Bearer t', 'Bearer t']);
  const text = await readFile(file, 'utf8');
  expect(text.indexOf('orders: Flag x is off')).toBeGreaterThan(0);
  // Newest on top.
  expect(text.indexOf('exporter 0.1.0: pass')).toBeGreaterThan(text.indexOf('orders: Flag x is off'));
});

test('what can’t be written is logged, and the rest goes on', async () => {
  const log = collect();
  const logger = createLogger({ service: 'test', level: 'warn', destination: log });
  const changelog = join(directory, 'no\0folder', 'x.md');
  const journal = createJournal({ grafana: grafana(), changelog, logger });
  journal.flag(change);
  journal.flag(change);
  await journal.close();
  expect(bodies).toHaveLength(2);
  expect(log.text.match(/the changelog was not written/g)).toHaveLength(2);
});

test('a Grafana that hangs holds the end up for no longer than it may', async () => {
  server.removeAllListeners('request').on('request', () => undefined);
  const journal = createJournal({ grafana: grafana(), logger: silent, closeMs: 20 });
  journal.flag(change);
  await journal.close();
  expect(bodies).toEqual([]);
});
