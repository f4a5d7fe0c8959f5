import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn, type Given, type Outcome } from '../../test/helpers/cli';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const cli = (argv: readonly string[], given?: Given): Promise<Outcome> => runIn(cwd, argv, given);

describe('quarantine', () => {
  let server: Server;
  let admin: string;
  let calls: string[];
  const item = (number: number) => ({
    number,
    event_id: `e${number}`,
    type: 't',
    reason: 'schema',
    step: 'quake',
    detail: 'at /mag \u001b[31mred',
    attempts: 1,
    quarantined_at: '2026-01-01T00:00:00.000Z',
  });
  let waiting: number[];

  beforeEach(async () => {
    calls = [];
    waiting = Array.from({ length: 450 }, (_, index) => index + 1);
    server = createServer((request, response) => {
      const { method, url = '', headers } = request;
      calls.push(`${method} ${url} ${headers['content-type'] ?? ''} ${headers.authorization ?? ''}`.trim());
      const { pathname, searchParams } = new URL(url, 'http://x');
      const [, number, action] = /\/quarantine\/(\d+)(?:\/(\w+))?$/.exec(pathname) ?? [];
      const gone = number !== undefined && !waiting.includes(Number(number));
      response.writeHead(gone ? 404 : 200, { 'content-type': 'application/json' });
      if (gone) {
        response.end(
          JSON.stringify({ code: 'not_in_quarantine', detail: `There is no event ${number} in quarantine.` }),
        );
      } else if (action !== undefined) {
        waiting = waiting.filter((one) => one !== Number(number));
        response.end(JSON.stringify({ number: Number(number), result: `${action}ed` }));
      } else if (number !== undefined) {
        response.end(
          JSON.stringify({ ...item(Number(number)), trace_id: null, payload: '{"mag":"\\u001b[2J"}' }),
        );
      } else {
        const before = Number(searchParams.get('before') ?? Infinity);
        const limit = Number(searchParams.get('limit'));
        const numbers = waiting
          .filter((one) => one < before)
          .reverse()
          .slice(0, limit);
        const next = numbers.length === limit ? (numbers.at(-1) ?? null) : null;
        response.end(JSON.stringify({ total: waiting.length, next_before: next, items: numbers.map(item) }));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    admin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('list as a table, with the address of the configuration and nothing that steers a terminal', async () => {
    const { code, out } = await cli(['quarantine', 'list', '--limit', '2'], {
      env: { SELFCHEER_ADMIN: admin },
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^NUMBER\s+SINCE/);
    expect(out).toContain('2 of 450; older ones with --before 449');
    expect(out).not.toContain('\u001b');
  });

  test('show', async () => {
    const { out } = await cli(['quarantine', 'show', '3', '--admin', `http://${admin}`]);
    expect(out).toContain('event_id        e3');
    expect(out).toContain('"mag": "\\u001b[2J"');
  });

  test('replay of everything goes through all pages, oldest first', async () => {
    const { code, out } = await cli(['quarantine', 'replay', '--all', '--admin', admin, '--api-key', 'k']);
    expect([code, out]).toEqual([0, '450 replayed.\n']);
    const posts = calls.filter((call) => call.startsWith('POST'));
    expect(posts[0]).toBe('POST /api/v1/quarantine/1/replay application/json Bearer k');
    expect(waiting).toEqual([]);
  });

  test('one that is gone does not keep the others', async () => {
    const { code, out, err } = await cli(['quarantine', 'discard', '7', '999', '8', '--admin', admin]);
    expect([code, out]).toEqual([1, '2 discarded.\n']);
    expect(err).toContain('There is no event 999');
    expect(waiting).toHaveLength(448);
  });

  test('says what to do when another port answers', async () => {
    server.removeAllListeners('request').on('request', (_request, response: ServerResponse) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'not_found', detail: 'There is nothing at /api' }));
    });
    for (const argv of [['list'], ['replay', '1']]) {
      const { code, err } = await cli(['quarantine', ...argv, '--admin', admin]);
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('There is nothing at /api. Is --admin the admin address?'),
      ]);
    }
  });

  test('says what to do when nothing answers', async () => {
    const { code, err } = await cli(['quarantine', 'list', '--admin', '127.0.0.1:1']);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('Is it running? Name its address with --admin.'),
    ]);
  });
});
