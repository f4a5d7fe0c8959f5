import { keyed, send } from '../../../cheer-kit/test/admin-server';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView } from '../../test/helpers/fake-admin-view';

const exporter = new ExporterAdmin();
afterEach(() => exporter.close());

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:00:00.012Z';

test('tells each event of a run, and counts them', async () => {
  const url = await exporter.serve(fakeAdminView());
  const answer = await fetch(`${url}/api/v1/synthetic/run-1`);
  expect(await answer.json()).toEqual({
    run: 'run-1',
    events: [
      { event_id: 'run-1/1', status: 'published', accepted_at: at, settled_at: later },
      { event_id: 'run-1/2', status: 'accepted', accepted_at: at, settled_at: null },
    ],
    ...{ accepted: 2, published: 1, quarantined: 0, dropped: 0, untracked: 0, first_at: at, last_at: later },
  });
});

test('of a run of which nothing can be followed it tells so', async () => {
  const synthetic = { get: (run: string) => ({ run, events: [], untracked: 3 }) };
  const url = await exporter.serve({ ...fakeAdminView(), synthetic });
  expect(await (await fetch(`${url}/api/v1/synthetic/x`)).json()).toMatchObject({
    ...{ events: [], accepted: 0, untracked: 3, first_at: null, last_at: null },
  });
});

test.each([
  ['GET', 'run-2', 404, 'unknown_run'],
  ['GET', 'a%2Fb', 404, 'unknown_run'],
  ['GET', 'run-1?x=1', 400, 'bad_query'],
  ['POST', 'run-1', 405, 'method_not_allowed'],
  ['GET', '', 404, 'not_found'],
])('%s %s is %i %s', async (method, path, status, code) => {
  const url = await exporter.serve(fakeAdminView());
  const answer = await send(`${url}/api/v1/synthetic/${path}`, method, {
    'Content-Type': 'application/json',
  });
  expect([answer.status, JSON.parse(answer.body)]).toEqual([status, expect.objectContaining({ code })]);
});

test('needs the role reader', async () => {
  const url = await exporter.serve(fakeAdminView(), { authenticator: keyed });
  const status = async (key: string): Promise<number> =>
    (await send(`${url}/api/v1/synthetic/run-1`, 'GET', { Authorization: `Bearer ${key}` })).status;
  expect([await status('ron'), await status('pia')]).toEqual([200, 403]);
});
