import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
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
    trace_id: null,
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
      const [, bulk] = /\/quarantine\/(replay|discard)$/.exec(pathname) ?? [];
      const gone = number !== undefined && !waiting.includes(Number(number));
      response.writeHead(gone ? 404 : 200, { 'content-type': 'application/json' });
      if (gone) {
        response.end(
          JSON.stringify({ code: 'not_in_quarantine', detail: `There is no event ${number} in quarantine.` }),
        );
      } else if (pathname.endsWith('/audit')) {
        const by = { at: '2026-01-01T00:00:00.000Z', action: 'discard', actor: 'ann', via: 'cli' };
        const entry = { id: 4, ...by, number: 7, event_id: 'e7', reason: 'schema', outcome: 'done' };
        response.end(JSON.stringify({ next_before: null, entries: [entry] }));
      } else if (bulk !== undefined) {
        const after = Number(searchParams.get('after') ?? 0);
        const through = Number(searchParams.get('through') ?? 450);
        const now = waiting.filter((one) => one > after && one <= through).slice(0, 100);
        waiting = waiting
          .filter((one) => !now.includes(one))
          .concat(bulk === 'replay' ? now.map((n) => n + 1000) : []);
        const next = now.length === 100 ? now.at(-1) : null;
        response.end(JSON.stringify({ [`${bulk}ed`]: now.length, superseded: 1, next_after: next, through }));
      } else if (action !== undefined) {
        waiting = waiting.filter((one) => one !== Number(number));
        response.end(JSON.stringify({ number: Number(number), result: `${action}ed` }));
      } else if (number !== undefined) {
        response.end(JSON.stringify({ ...item(Number(number)), payload: '{"mag":"\\u001b[2J"}' }));
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

  test('list asks for what the filters leave, and goes on until it has enough', async () => {
    const filter = ['--reason', 'schema', '--step', 'a b', '--since', '2026-01-31T12:00:00Z'];
    const { out } = await cli(['quarantine', 'list', '--admin', admin, '--limit', '300', ...filter]);
    expect(out).toContain('300 of 450');
    expect(calls[0]).toContain('reason=schema&step=a+b&since=2026-01-31T12%3A00%3A00.000Z&limit=200');
    expect(calls[1]).toContain('limit=100&before=251');
    expect(await cli(['quarantine', 'list', '--reason', 'odd'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('schema, expression') as string,
    });
  });

  test('replay of everything goes on step by step, and stops where it was when it began', async () => {
    const argv = ['quarantine', 'replay', '--all', '--reason', 'schema', '--admin', admin, '--api-key', 'k'];
    const { code, out } = await cli(argv);
    expect(code).toBe(0);
    expect(out).toBe('450 replayed, 5 left: a later revision of them was accepted; discard them.\n');
    const posts = calls.filter((call) => call.startsWith('POST'));
    expect(posts[0]).toBe('POST /api/v1/quarantine/replay?reason=schema application/json Bearer k');
    expect(posts[1]).toContain('?reason=schema&after=100&through=450');
    expect(Math.min(...waiting)).toBe(1001);
  });

  test('discard of everything asks first, or is told --yes', async () => {
    const argv = ['quarantine', 'discard', '--all', '--admin', admin];
    expect(await cli(argv)).toMatchObject({ code: 2, err: expect.stringContaining('say --yes') as string });
    const terminal = (answer: string) => Object.assign(Readable.from([`${answer}\n`]), { isTTY: true });
    const no = await cli(argv, { stdin: terminal('no') });
    expect([no.code, no.out]).toEqual([0, 'Nothing was discarded.\n']);
    expect(calls).toEqual([]);
    const yes = await cli([...argv, '--json'], { stdin: terminal('yes') });
    expect([yes.code, JSON.parse(yes.out)]).toEqual([0, { discarded: 450, superseded: 5 }]);
    waiting = [1];
    expect(await cli([...argv, '--yes'])).toMatchObject({
      out: expect.stringContaining('1 discarded') as string,
    });
  });

  test.each([
    [['discard', '--reason', 'schema', '3'], 'choose from --all'],
    [['discard', '--all', '3'], 'not both'],
    [['discard'], 'Name event numbers'],
    [['list', '--since', 'noon'], 'must be a time'],
  ])('quarantine %j is refused', async (argv, why) => {
    expect(await cli(['quarantine', ...argv])).toMatchObject({
      code: 2,
      err: expect.stringContaining(why) as string,
    });
  });

  test('audit', async () => {
    const { out } = await cli(['quarantine', 'audit', '--admin', admin]);
    expect(out).toMatch(/^ID +AT +ACTION/);
    expect(out).toMatch(/4 +2026-01-01T00:00:00.000Z +discard +done +ann +cli +7 +schema +e7/);
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
