import { eventually, Service, tidyUp } from '../test/helpers/service';
import { SinkFault } from '../test/helpers/sink-fault';

jest.setTimeout(30_000);
afterEach(tidyUp);

const settings = {
  ack: 'broker',
  cheer: { heartbeatSeconds: 3600 },
  publish: { timeoutMs: 200, backoffMinMs: 1, backoffMaxMs: 5 },
};

async function modeOf(service: Service): Promise<string> {
  return ((await service.get('/api/v1/summary')).json as unknown as { mode: string }).mode;
}

test('with ack: broker a sink that is away is the reason that is told, and not an overload', async () => {
  const sink = new SinkFault();
  sink.away();
  const service = await Service.start(settings, { startRelay: sink.startRelay });
  await eventually(async () => {
    const { status, json } = await service.send({ event_id: 'a', payload: 1 });
    return status === 503 && /sink is away/.test(String(json.detail));
  });
  await eventually(async () => (await modeOf(service)) === 'refusing');
  const { reasons } = await service.cheer();
  expect(reasons.find(({ code }) => code === 'refusing')?.detail).toMatch(/^the sink is away/);
  expect(JSON.stringify(reasons)).not.toMatch(/shedding/);
  sink.back();
  await eventually(async () => (await service.send({ event_id: 'a', payload: 1 })).status === 202);
  await eventually(async () => (await modeOf(service)) === 'normal');
});

test('with ack: broker what waits for the sink holds no request back: it does not wait for the disk', async () => {
  const sink = new SinkFault();
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  sink.set(async () => held.then(() => 'pass' as const) as never);
  const service = await Service.start({ ...settings, publish: {} }, { startRelay: sink.startRelay });
  const stored = async (): Promise<number> => {
    const { lanes } = (await service.get('/api/v1/pipeline')).json as unknown as {
      lanes: { pending: number }[];
    };
    return lanes.reduce((sum, { pending }) => sum + pending, 0);
  };
  // One request has four groups of 500 in flight at the most.
  const each = 1_900;
  const answers = [];
  for (let request = 1; request <= 6; request++) {
    answers.push(
      service.send(Array.from({ length: each }, (_, n) => ({ event_id: `${request}-${n}`, payload: n }))),
    );
    await eventually(async () => (await stored()) >= request * each);
  }
  letGo();
  for (const reply of await Promise.all(answers)) expect(reply.status).toBe(202);
});
