import { startRelayInline, type StartRelay } from '../../src/relay-link';
import { verifyDocumentOf } from '../helpers/release-scenes';
import { eventually, Service, temporaryFile, tidyUp } from '../helpers/service';

afterEach(tidyUp);

/*
 * Chapter 20. Who checks a release sends synthetic events, asks what became of each of them, and records what it found.
 */

const synthetic = { 'content-type': 'application/json', baggage: 'selfcheer.synthetic=true' };

interface RunAnswer {
  readonly events: readonly { readonly event_id: string; readonly status: string }[];
  readonly accepted: number;
  readonly published: number;
}

async function runOf(service: Service, run: string): Promise<{ status: number; json: RunAnswer }> {
  const { status, json } = await service.get(`/api/v1/synthetic/${run}`);
  return { status, json: json as unknown as RunAnswer };
}

describe.each(['outbox', 'broker'] as const)('a synthetic run with ack: %s', (ack) => {
  test('is followed event by event to the sink, or into quarantine', async () => {
    const file = temporaryFile('schema.json', JSON.stringify({ required: ['n'] }));
    const service = await Service.start({ ack, enrich: [{ step: 'schema', name: 'strict', file }] });
    expect((await runOf(service, 'r-1')).status).toBe(404);
    const events = [{ n: 1 }, { bad: true }, { n: 3 }];
    const numbered = events.map((payload, n) => ({ event_id: `r-1/${n + 1}`, payload }));
    await service.send(numbered, { headers: synthetic });
    await service.send([{ event_id: 'r-2/1', payload: 1 }]);
    await eventually(async () =>
      (await runOf(service, 'r-1')).json.events.every(({ status }) => status !== 'accepted'),
    );
    const { json } = await runOf(service, 'r-1');
    expect(json.events.map(({ event_id, status }) => `${event_id} ${status}`)).toEqual([
      'r-1/1 published',
      'r-1/2 quarantined',
      'r-1/3 published',
    ]);
    expect(json).toMatchObject({ accepted: 3, published: 2, quarantined: 1, dropped: 0 });
    const sent = service.published('events.synthetic').filter(({ id }) => id.startsWith('r-1/'));
    expect(sent.map(({ id, headers }) => [id, headers['synthetic']])).toEqual([
      ['r-1/1', 'true'],
      ['r-1/3', 'true'],
    ]);
    // Real events are nobody's run.
    expect((await runOf(service, 'r-2')).status).toBe(404);
  });
});

test('nothing is told as published that the sink has not acknowledged', async () => {
  let hold: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (hold = resolve));
  const startRelay: StartRelay = (settings, report) =>
    startRelayInline(
      settings,
      (told) => void (told.kind === 'settled' ? held.then(() => report(told)) : report(told)),
    );
  const service = await Service.start({}, { startRelay });
  await service.send([{ event_id: 'r/1', payload: 1 }], { headers: synthetic });
  expect((await runOf(service, 'r')).json).toMatchObject({
    accepted: 1,
    published: 0,
    last_at: expect.any(String),
  });
  hold?.();
  await eventually(async () => (await runOf(service, 'r')).json.published === 1);
});

test('a recorded release is there after a restart, and is a cheer event', async () => {
  const service = await Service.start();
  const url = `http://${service.app.addresses.admin}/api/v1`;
  const body = JSON.stringify(verifyDocumentOf());
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  expect((await fetch(`${url}/releases`, init)).status).toBe(201);
  await service.stop();
  const again = await Service.start({}, { dataDir: service.dataDir });
  expect((await again.get('/api/v1/releases')).json).toMatchObject({
    total: 1,
    releases: [{ run: 'run-1' }],
  });
  expect((await again.get('/api/v1/events')).text).toContain('Release 0.1.0 passed');
  expect((await again.get('/api/v1/releases/0.1.0/verdict')).json).toMatchObject({
    schema: 'selfcheer/verdict/v1',
    run: 'run-1',
    live: { version: '0.1.0' },
  });
});
