import { keyed, send } from '../../../cheer-kit/test/admin-server';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView, type FakeAdminView } from '../../test/helpers/fake-admin-view';
import { SelfcheerError } from '../errors';
import type { QuarantineView } from './admin-view';

const exporter = new ExporterAdmin();
afterEach(() => exporter.close());

const json = { 'Content-Type': 'application/json' };
const settling = 'this takes after, through, reason, step, since.';

describe('quarantine', () => {
  test('a producer timestamp that is no date does not break the list', async () => {
    const view = fakeAdminView();
    const list: QuarantineView['list'] = async (page) => {
      const { items, nextBefore } = await view.quarantine.list(page);
      const odd = items.map((item) => ({ ...item, event: { ...item.event, timestamp: 9e15 } }));
      return { items: odd, nextBefore };
    };
    const url = await exporter.serve({ ...view, quarantine: { ...view.quarantine, list } });
    const body = await (await fetch(`${url}/api/v1/quarantine`)).json();
    expect(body).toMatchObject({ items: [{ timestamp: null }, {}, {}] });
  });

  test.each([
    ['POST', '/discard?Reason=schema', `Reason is no parameter here: ${settling}`],
    ['POST', '/replay?reasn=schema&after=0', `reasn is no parameter here: ${settling}`],
    ['POST', '/discard?reason[]=schema', `reason[] is no parameter here: ${settling}`],
    ['GET', '?limit[]=3', 'limit[] is no parameter here: this takes limit, before, reason, step, since.'],
    ['GET', '/audit?befor=3', 'befor is no parameter here: this takes limit, before.'],
    ['GET', '/1?verbose=1', 'verbose is no parameter here: this takes none.'],
  ])('%s %s changes nothing and says what is meant', async (method, path, detail) => {
    const view = fakeAdminView();
    const refuse = (): never => {
      throw new Error('reached the quarantine');
    };
    const quarantine = { ...view.quarantine, act: refuse, actOnAll: refuse, list: refuse, get: refuse };
    const url = await exporter.serve({ ...view, quarantine: { ...quarantine, audit: refuse } });
    const { status, body } = await send(`${url}/api/v1/quarantine${path}`, method, json);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 'bad_query', detail });
  });

  test('is listed newest first, a page at a time', async () => {
    const url = await exporter.serve(fakeAdminView());
    const first = await (await fetch(`${url}/api/v1/quarantine?limit=2`)).json();
    expect(first).toMatchObject({ total: 3, next_before: 2, items: [{ number: 3 }, { number: 2 }] });
    expect(JSON.stringify(first)).not.toContain('"payload":');
    const rest = await (await fetch(`${url}/api/v1/quarantine?limit=2&before=2`)).json();
    expect(rest).toMatchObject({ next_before: null, items: [{ number: 1 }] });
  });

  test('an event that comes while the list is made is counted the next time at the latest', async () => {
    const view = fakeAdminView();
    let came = 0;
    const quarantine: QuarantineView = {
      ...view.quarantine,
      count: () => view.quarantine.count() + came,
      async list(page) {
        const listed = await view.quarantine.list(page);
        came = 1;
        return listed;
      },
    };
    const url = await exporter.serve({ ...view, quarantine });
    // Else a page that compares this total with the one in the summary would miss it for ever.
    const { total, items } = (await (await fetch(`${url}/api/v1/quarantine`)).json()) as {
      total: number;
      items: unknown[];
    };
    expect(total).toBe(items.length);
  });

  test('one event comes with its payload as text', async () => {
    const url = await exporter.serve(fakeAdminView());
    expect(await (await fetch(`${url}/api/v1/quarantine/1`)).json()).toMatchObject({
      event_id: 'us7000nn44',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      payload: expect.stringMatching(/^\{"place": "12 km NW/),
    });
  });

  test('replay and discard name the actor, and the second time there is nothing left', async () => {
    const view = fakeAdminView();
    const url = await exporter.serve(view, { authenticator: keyed });
    const post = (path: string): Promise<Response> =>
      fetch(`${url}/api/v1/quarantine/${path}`, {
        method: 'POST',
        headers: { ...json, Authorization: 'Bearer ann' },
      });
    const replayed = await post('1/replay');
    expect(await replayed.json()).toEqual({ number: 1, result: 'replayed' });
    expect(await (await post('2/discard')).json()).toEqual({ number: 2, result: 'discarded' });
    expect((await post('2/discard')).status).toBe(404);
    expect(view.audit).toEqual(['ann replay 1', 'ann discard 2']);
  });

  test('is filtered, settled as a whole and audited by who and from where', async () => {
    const view = fakeAdminView();
    const url = await exporter.serve(view, { authenticator: keyed });
    const ann = { ...json, Authorization: 'Bearer ann' };
    const get = async (path: string) =>
      (await fetch(`${url}/api/v1/quarantine${path}`, { headers: ann })).json();
    const post = (path: string, headers = {}) =>
      fetch(`${url}/api/v1/quarantine${path}`, { method: 'POST', headers: { ...ann, ...headers } });
    expect(await get('?reason=schema')).toMatchObject({ total: 3, items: [{ reason: 'schema' }] });
    expect(await get('?since=2999-01-01T00:00:00Z')).toMatchObject({ items: [] });
    const replayed = await post('/replay?reason=schema&after=0&through=3', {
      'User-Agent': 'selfcheer-cli/1',
    });
    expect(await replayed.json()).toEqual({ replayed: 1, superseded: 0, next_after: null, through: 9 });
    await post('/discard');
    expect(view.audit).toEqual(['ann replay 1', 'ann discard 2', 'ann discard 3']);
    expect(await get('/audit?limit=2')).toMatchObject({ next_before: 2, entries: [{ id: 3 }, { id: 2 }] });
    expect(await get('/audit?before=2')).toMatchObject({
      next_before: null,
      entries: [{ actor: 'ann', via: 'cli', action: 'replay', event_id: 'us7000nn44', outcome: 'done' }],
    });
  });

  test('what is superseded is not replayed: 409', async () => {
    const view = fakeAdminView();
    const quarantine = { ...view.quarantine, act: () => Promise.resolve('superseded' as const) };
    const url = await exporter.serve({ ...view, quarantine });
    const { status, body } = await send(`${url}/api/v1/quarantine/1/replay`, 'POST', json);
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([409, 'superseded']);
  });

  test.each([
    ['GET', '/api/v1/quarantine?reason=odd', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?since=noon', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?step=a&step=b', 400, 'bad_query'],
    ['POST', '/api/v1/quarantine/replay?after=-1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?limit=1&limit=2', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?after=1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?step=', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?__proto__=1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?=schema', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine/audit?reason=schema', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine/1?limit=1', 400, 'bad_query'],
    ['POST', '/api/v1/quarantine/1/discard?reason=schema', 400, 'bad_query'],
    ['POST', '/api/v1/quarantine/discard?limit=1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine/replay', 405, 'method_not_allowed'],
    ['POST', '/api/v1/quarantine/audit', 405, 'method_not_allowed'],
    ['GET', '/api/v1/quarantine/99', 404, 'not_in_quarantine'],
    ['GET', '/api/v1/quarantine/0x1', 404, 'not_in_quarantine'],
    ['GET', '/api/v1/quarantine?limit=0', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?limit=201', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?before=x', 400, 'bad_query'],
    ['DELETE', '/api/v1/quarantine/1', 405, 'method_not_allowed'],
    ['GET', '/api/v1/quarantine/1/replay', 405, 'method_not_allowed'],
    ['GET', '/api/v1/quarantine/%zz', 400, 'bad_request'],
  ])('%s %s is %i %s as problem+json', async (method, path, status, code) => {
    const url = await exporter.serve(fakeAdminView());
    const { status: got, body } = await send(url + path, method, json);
    expect(got).toBe(status);
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
    });
    expect(exporter.faults).toEqual([]);
  });

  test('a retriable refusal is 503 with Retry-After, a fault is 500 without its message', async () => {
    const view = fakeAdminView();
    const failing = (error: Error): FakeAdminView => ({
      ...view,
      quarantine: { ...view.quarantine, list: () => Promise.reject(error) },
    });
    let url = await exporter.serve(failing(new SelfcheerError('store_fenced', 'Wait.', { retriable: true })));
    const refused = await fetch(`${url}/api/v1/quarantine`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(refused.headers.get('content-type')).toMatch('application/problem+json');
    expect(exporter.faults).toHaveLength(0);
    url = await exporter.serve(failing(new Error('secret path')));
    const failed = await fetch(`${url}/api/v1/quarantine`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('secret path');
    expect(exporter.faults).toHaveLength(1);
  });

  test.each(['replay', 'discard'])('a reader may not %s', async (action) => {
    const view = fakeAdminView();
    const url = await exporter.serve(view, { authenticator: keyed });
    const headers = { ...json, Authorization: 'Bearer ron' };
    const response = await fetch(`${url}/api/v1/quarantine/1/${action}`, { method: 'POST', headers });
    expect(response.status).toBe(403);
    expect(view.audit).toEqual([]);
  });

  test('a page of another origin may not', async () => {
    const view = fakeAdminView();
    const url = await exporter.serve(view);
    const headers = { ...json, Origin: 'http://evil.example' };
    for (const path of ['1/replay', '1/discard', 'replay', 'discard']) {
      expect((await send(`${url}/api/v1/quarantine/${path}`, 'POST', headers)).status).toBe(403);
    }
    expect(view.audit).toEqual([]);
  });
});
