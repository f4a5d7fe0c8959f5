import { eventually, Service, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

/*
 * Chapter 6. The cheer says how it really goes: warming first, green on evidence, yellow with its reason while the
 * sink is away (events are still safe), green again after the hold. Silence never looks healthy.
 */
describe('06 the cheer', () => {
  afterEach(tidyUp);

  it('warms, is green, turns yellow while the sink is away, and comes back after the hold', async () => {
    const sink = new SinkFault();
    const service = await Service.start(
      {
        cheer: { holdSeconds: 1, heartbeatSeconds: 0.2, budgetFloorRatio: 0 },
        slo: { deliveryTargetSeconds: 0.3, deliveryObjective: 0 },
        publish: { backoffMinMs: 1, backoffMaxMs: 50 },
      },
      { startRelay: sink.startRelay },
    );
    expect(await service.cheer()).toMatchObject({ state: 'warming', score: null });
    // Heartbeats alone are evidence enough.
    await eventually(async () => (await service.cheer()).state === 'green');
    const healthy = await service.cheer();
    expect(healthy).toMatchObject({ idle: true, reasons: [] });
    expect(healthy.cheers_total).toBeGreaterThan(0);
    await service.send({ event_id: 'in-time', payload: 1 });
    await service.untilPublished(1);
    await eventually(async () => (await delivery(service)).good === 1);

    sink.away();
    const reply = await service.send([
      { event_id: 'late-1', payload: 1 },
      { event_id: 'late-2', payload: 2 },
    ]);
    expect(reply.status).toBe(202);
    await eventually(async () => (await service.cheer()).state === 'yellow');
    // Bad at the target, while it lasts: not only when it is over.
    await eventually(async () => (await delivery(service)).bad === 2);
    await eventually(async () => (await service.cheer()).reasons.some(({ code }) => code === 'breakers'));
    await eventually(async () => (await service.cheer()).reasons.some(({ code }) => code === 'age'));
    const troubled = await service.cheer();
    expect(troubled.misses_total).toBeGreaterThan(0);
    expect(service.published()).toHaveLength(1);
    // Ready all the while: what comes in is safe.
    expect((await service.get('/readyz')).status).toBe(200);
    expect((await service.get('/health')).json).toMatchObject({
      status: 'degraded',
      checks: { store: { status: 'ok' }, sink: { status: 'degraded' } },
    });
    await eventually(async () =>
      /"kind":"miss"[^}]*"reason":"downstream"/.test((await service.get('/api/v1/events')).text),
    );

    sink.back();
    const published = await service.untilPublished(3);
    expect(published.map(({ id }) => id).sort()).toEqual(['in-time', 'late-1', 'late-2']);
    await eventually(async () =>
      (await service.cheer()).reasons.some(({ detail }) => /well again/.test(detail)),
    );
    await eventually(async () => (await service.cheer()).state === 'green');
    // Judged once: being settled at last makes them neither good nor bad a second time.
    expect(await delivery(service)).toMatchObject({ good: 1, bad: 2 });
    const { text } = await service.get('/api/v1/events');
    const states = [...text.matchAll(/"kind":"state"[^}]*"state":"(\w+)"/g)].map(([, state]) => state);
    expect(states).toEqual(['green', 'yellow', 'green']);
  });

  it('keeps the signal alive at idle with events that stay apart from the real ones', async () => {
    const service = await Service.start({ cheer: { heartbeatSeconds: 0.05 } });
    await eventually(() => service.published('events.synthetic').length >= 3);
    const beats = service.published('events.synthetic');
    expect(service.published()).toEqual([]);
    for (const { headers } of beats) {
      expect(headers).toMatchObject({ synthetic: 'true', ce_type: 'selfcheer.heartbeat' });
    }
    expect(new Set(beats.map(({ lane }) => lane))).toEqual(new Set([16]));
    const slos = (await service.get('/api/v1/slo')).json as unknown as {
      slos: { good: number; bad: number }[];
    };
    expect(slos.slos.map(({ good, bad }) => good + bad)).toEqual([0, 0, 0]);
  });

  it('does not gather heartbeats while the sink is away, with either way of acknowledging', async () => {
    for (const ack of ['outbox', 'broker']) {
      const sink = new SinkFault();
      sink.away();
      const service = await Service.start(
        {
          ack,
          cheer: { heartbeatSeconds: 0.02 },
          publish: { timeoutMs: 20, backoffMinMs: 1, backoffMaxMs: 5 },
        },
        { startRelay: sink.startRelay },
      );
      await eventually(() => sink.sends.length >= 5);
      expect(new Set(sink.sends.flatMap(({ ids }) => ids)).size).toBe(1);
      await eventually(async () => (await pending(service)) === 1);
      sink.back();
      await eventually(() => service.published('events.synthetic').length >= 2);
    }
  });

  it('goes on after a restart that finds a heartbeat of the run before', async () => {
    const sink = new SinkFault();
    sink.away();
    const first = await Service.start({}, { startRelay: sink.startRelay });
    await eventually(() => sink.sends.length > 0);
    const second = await Service.start({}, { dataDir: first.crashCopy() });
    await second.send({ event_id: 'a', payload: 1 });
    await second.untilPublished(1);
    expect(second.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

async function delivery(service: Service): Promise<{ good: number; bad: number }> {
  const { slos } = (await service.get('/api/v1/slo')).json as unknown as {
    slos: { name: string; good: number; bad: number }[];
  };
  return slos.find(({ name }) => name === 'delivery')!;
}

/** Heartbeats that wait in the store. */
async function pending(service: Service): Promise<number> {
  const { lanes } = (await service.get('/api/v1/pipeline')).json as unknown as {
    lanes: { pending: number }[];
  };
  return lanes.at(-1)!.pending;
}
