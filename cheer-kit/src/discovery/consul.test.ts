import { FakeConsul } from '../../test/fake-consul';
import { eventually } from '../../test/wait';
import { ConsulRegistration, type ConsulRegistrationOptions } from './consul-registration';
import { ConsulResolver, type ConsulResolverOptions } from './consul-resolver';

let consul: FakeConsul;
let address: string;
const opened: { close(): unknown }[] = [];

beforeEach(async () => {
  consul = new FakeConsul();
  address = await consul.listen();
});

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await consul.close();
});

const soon = (): AbortSignal => AbortSignal.timeout(4_000);

describe('discovery', () => {
  function resolver(options: Partial<ConsulResolverOptions> = {}): ConsulResolver {
    const made = new ConsulResolver({
      agent: { address, token: 'secret' },
      service: 'catalog',
      waitSeconds: 2,
      pauseSeconds: 0,
      ...options,
    });
    opened.push(made);
    return made;
  }

  test('passing instances in turn, and only those', async () => {
    consul.put('c1', 'catalog', '10.0.0.1', 80);
    consul.put('c2', 'catalog', '', 81);
    consul.put('c3', 'catalog', '10.0.0.3', 80, false);
    consul.put('o1', 'other', '10.0.0.4', 80);
    const found = resolver();
    // An instance without an address of its own has that of its node.
    expect([await found.pick(soon()), await found.pick(soon()), await found.pick(soon())]).toEqual([
      '10.0.0.1:80',
      '10.0.0.9:81',
      '10.0.0.1:80',
    ]);
    expect(consul.tokens).toEqual(new Set(['secret']));
  });

  test('a change comes by itself, through a query that hangs on the index', async () => {
    consul.put('c1', 'catalog', '10.0.0.1', 80);
    const found = resolver();
    expect(await found.pick(soon())).toBe('10.0.0.1:80');
    await eventually(() => consul.requests.length === 2);
    expect(consul.requests[1]).toBe('GET /v1/health/service/catalog?passing=true&index=2&wait=2s');
    consul.change(() => consul.services.delete('c1'));
    consul.put('c2', 'catalog', '10.0.0.2', 80);
    await eventually(async () => (await found.pick(soon()).catch(() => '')) === '10.0.0.2:80');
  });

  test('an index that went backwards begins anew', async () => {
    consul.index = 50;
    consul.put('c1', 'catalog', '10.0.0.1', 80);
    const found = resolver();
    await found.pick(soon());
    await eventually(() => consul.requests.some((request) => request.includes('index=51')));
    consul.change(() => (consul.index = 3));
    await eventually(() => consul.requests.slice(2).some((request) => !request.includes('index=')));
  });

  test('without a passing instance it says so, and why it could not ask', async () => {
    await expect(resolver().pick(soon())).rejects.toMatchObject({
      ...{ code: 'no_instance', retriable: true },
      message: 'Consul knows no passing instance of catalog',
    });
    consul.failWith = 500;
    const problems: Error[] = [];
    const failing = resolver({ onProblem: (error) => problems.push(error) });
    await expect(failing.pick(soon())).rejects.toMatchObject({
      message:
        'Consul could not be asked for instances of catalog: ' +
        'Consul answered 500 to GET /v1/health/service/catalog: No cluster leader',
      cause: { status: 500 },
    });
    expect(problems).toHaveLength(1);
  });

  test('of an agent that is not there it says what failed below fetch', async () => {
    await consul.close();
    const picked = resolver().pick(soon());
    await expect(picked).rejects.toThrow(
      /^Consul could not be asked for instances of catalog: .*ECONNREFUSED/,
    );
    await consul.listen();
  });

  test('an agent that fails later changes nothing, and is asked again', async () => {
    consul.put('c1', 'catalog', '10.0.0.1', 80);
    const problems: Error[] = [];
    const found = resolver({ onProblem: (error) => problems.push(error), waitSeconds: 1 });
    await found.pick(soon());
    consul.failWith = 503;
    await eventually(() => problems.length === 1);
    expect(await found.pick(soon())).toBe('10.0.0.1:80');
    consul.failWith = undefined;
    consul.change(() => consul.services.delete('c1'));
    consul.put('c2', 'catalog', '10.0.0.2', 80);
    await eventually(async () => (await found.pick(soon()).catch(() => '')) === '10.0.0.2:80');
  });

  test('a redirect is not followed: it would take the token elsewhere', async () => {
    const other = new FakeConsul();
    const elsewhere = await other.listen();
    opened.push(other);
    consul.instead = (request, response) =>
      void response.writeHead(307, { location: `${elsewhere}${request.url}` }).end();
    await expect(resolver().pick(soon())).rejects.toMatchObject({ cause: { status: 307 } });
    expect(other.requests).toEqual([]);
  });

  test('an answer that does not end is given up, and not kept', async () => {
    let ended = false;
    consul.instead = (_, response) => {
      const chunk = Buffer.alloc(2 ** 20, ' ');
      const more = (): void => void (ended || response.write(chunk, more));
      response.once('close', () => (ended = true));
      more();
    };
    await expect(resolver().pick(soon())).rejects.toMatchObject({
      cause: { message: expect.stringContaining('more than') as string },
    });
    await eventually(() => ended);
  });

  test('closed, it asks no more and gives nothing out', async () => {
    const found = resolver();
    await found.pick(soon()).catch(() => undefined);
    found.close();
    await expect(found.pick(soon())).rejects.toMatchObject({ code: 'no_instance', retriable: false });
  });
});

describe('registration', () => {
  function registration(options: Partial<ConsulRegistrationOptions> = {}): ConsulRegistration {
    const made = new ConsulRegistration({
      agent: { address },
      id: 'exporter-1',
      name: 'exporter',
      host: '10.1.1.1',
      port: 8080,
      tags: ['stable'],
      checkUrl: 'http://10.1.1.1:9464/readyz',
      ...options,
    });
    opened.push({ close: () => made.deregister() });
    return made;
  }

  test('registers with its check, and deregisters', async () => {
    const one = registration();
    one.start();
    await eventually(() => consul.services.has('exporter-1'));
    expect(consul.services.get('exporter-1')).toMatchObject({
      Name: 'exporter',
      Address: '10.1.1.1',
      Port: 8080,
      Tags: ['stable'],
      Check: {
        HTTP: 'http://10.1.1.1:9464/readyz',
        Interval: '5s',
        Timeout: '2s',
        DeregisterCriticalServiceAfter: '60s',
      },
    });
    await one.deregister();
    expect(consul.services.size).toBe(0);
  });

  test('an agent that forgot is told again; one that knows is not', async () => {
    registration({ everySeconds: 0.02 }).start();
    await eventually(() => consul.requests.filter((request) => request.startsWith('GET')).length >= 5);
    const told = (): number => consul.requests.filter((request) => request.includes('/register?')).length;
    expect(told()).toBe(1);
    consul.change(() => consul.services.clear());
    await eventually(() => told() === 2 && consul.services.has('exporter-1'));
  });

  test('an agent that is away is tried again and reported once', async () => {
    const problems: Error[] = [];
    consul.failWith = 500;
    const onProblem = (error: Error): number => problems.push(error);
    registration({ everySeconds: 0.02, onProblem }).start();
    await eventually(() => consul.requests.length >= 4);
    expect(problems).toHaveLength(1);
    consul.failWith = undefined;
    await eventually(() => consul.services.has('exporter-1'));
  });

  test('leaving never fails, even when the agent is gone', async () => {
    const problems: Error[] = [];
    const one = registration({ onProblem: (error) => problems.push(error) });
    one.start();
    await eventually(() => consul.services.has('exporter-1'));
    consul.failWith = 500;
    await one.deregister();
    expect(problems).toHaveLength(1);
  });

  test('refuses what Consul would', () => {
    expect(() => registration({ deregisterAfterSeconds: 30 })).toThrow(RangeError);
  });
});
