import { FakeConsul } from '../../../cheer-kit/test/fake-consul';
import { configSchema } from '../../src/config/schema';
import { advertisedAddress } from '../../src/registration';
import { eventually, Service, tidyUp } from '../helpers/service';

/*
 * Chapter 15. Where Consul runs, an instance can tell its agent that it is there, how to see that it is ready, and
 * that it goes. It never needs the agent: without it, everything else works.
 */

let consul: FakeConsul;
let agent: string;

beforeEach(async () => {
  consul = new FakeConsul();
  agent = await consul.listen();
});

afterEach(async () => {
  await tidyUp();
  await consul.close();
});

test('it registers with a check that asks its readiness', async () => {
  const service = await Service.start({ consul: { agent, register: true, tags: ['stable'] } });
  await eventually(() => consul.services.size === 1);
  const [registered] = [...consul.services.values()];
  const { http, admin } = service.app.addresses;
  expect(registered).toMatchObject({ ID: `exporter-${http}`, Name: 'exporter', Tags: ['stable'] });
  expect(`${registered?.Address}:${registered?.Port}`).toBe(http);
  expect(registered?.Check['HTTP']).toBe(`http://${admin}/readyz`);
  const { status } = await service.get('/readyz');
  expect(status).toBe(200);
});

test('it takes itself off the list before it takes nothing more', async () => {
  const service = await Service.start({ consul: { agent, register: true }, readinessLagSeconds: 0.3 });
  await eventually(() => consul.services.size === 1);
  const drained = service.app.drain('test');
  await eventually(() => consul.services.size === 0);
  expect((await service.send([{ event_id: 'late', payload: 1 }])).status).toBe(202);
  await drained;
});

test('an agent that is away harms nothing', async () => {
  consul.failWith = 500;
  const service = await Service.start({ consul: { agent, register: true } });
  expect((await service.send([{ event_id: 'a', payload: 1 }])).status).toBe(202);
  await eventually(() =>
    service.log.some(({ msg }) => String(msg).includes('could not be told of this instance')),
  );
  await service.app.drain('test');
});

test('an address that nobody can call is refused, with what to set', () => {
  const wide = configSchema.parse({ http: '0.0.0.0:8080' });
  expect(() => advertisedAddress(wide, wide.http)).toThrow(/Set consul\.address/);
  const told = configSchema.parse({ http: '0.0.0.0:8080', consul: { address: '10.0.0.7:8080' } });
  expect(advertisedAddress(told, told.http)).toBe('10.0.0.7:8080');
});
