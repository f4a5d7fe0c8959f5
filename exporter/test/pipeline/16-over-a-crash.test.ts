import { eventually, Service, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

/*
 * Chapter 16. An event's age and its place in the delivery SLO don't end with the process that accepted it: the next
 * one knows by when it was accepted how old it is, and judges what that process did not.
 */
describe('16 over a crash', () => {
  afterEach(tidyUp);

  const settings = {
    cheer: { heartbeatSeconds: 3600 },
    publish: { backoffMinMs: 1, backoffMaxMs: 5 },
  };
  const delivery = async (service: Service): Promise<{ good: number; bad: number }> => {
    const { slos } = (await service.get('/api/v1/slo')).json as unknown as {
      slos: { name: string; good: number; bad: number }[];
    };
    const { good, bad } = slos.find(({ name }) => name === 'delivery')!;
    return { good, bad };
  };
  const oldestAge = async (service: Service): Promise<number> => {
    const { queues } = (await service.get('/api/v1/pipeline')).json as unknown as {
      queues: { name: string; oldest_age_seconds: number | null }[];
    };
    return queues.find(({ name }) => name === 'outbox')?.oldest_age_seconds ?? 0;
  };
  const events = Array.from({ length: 10 }, (_, i) => ({ event_id: `e${i}`, payload: i }));

  /** A service whose sink is away, and what a crash leaves of it. */
  async function crashed(deliveryTargetSeconds: number, until: (service: Service) => Promise<boolean>) {
    const sink = new SinkFault();
    sink.away();
    const slo = { deliveryTargetSeconds };
    const first = await Service.start({ ...settings, slo }, { startRelay: sink.startRelay });
    await first.send(events);
    await eventually(() => until(first));
    const dataDir = first.crashCopy();
    await first.stop();
    return Service.start({ ...settings, slo: { deliveryTargetSeconds: 1 } }, { dataDir });
  }

  it('judges what the dead process could not: published after, it is late', async () => {
    // That process would have called it late after an hour only.
    const second = await crashed(3600, () => Promise.resolve(true));
    await second.untilPublished(10);
    await eventually(async () => {
      const { good, bad } = await delivery(second);
      return good + bad === 10;
    });
  });

  it('does not judge again what was late there already', async () => {
    const second = await crashed(0.2, async (first) => {
      // Late, judged so, and seen alive for more than a second after that.
      return (await delivery(first)).bad === 10 && (await oldestAge(first)) > 2.5;
    });
    await second.untilPublished(10);
    await second.send({ event_id: 'fresh', payload: 1 });
    await eventually(async () => (await delivery(second)).good === 1);
    expect(await delivery(second)).toEqual({ good: 1, bad: 0 });
  });

  it('knows the true age of what waits', async () => {
    const sink = new SinkFault();
    sink.away();
    const first = await Service.start(settings, { startRelay: sink.startRelay });
    await first.send(events);
    await eventually(async () => (await oldestAge(first)) > 1);
    const age = await oldestAge(first);
    const dataDir = first.crashCopy();
    const second = await Service.start(settings, { dataDir, startRelay: sink.startRelay });
    await eventually(async () => (await oldestAge(second)) > 0);
    expect(await oldestAge(second)).toBeGreaterThan(age);
  });
});
