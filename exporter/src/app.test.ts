import { once } from 'node:events';
import { connect } from 'node:net';
import { trace } from '@opentelemetry/api';
import * as kit from '@selfcheer/cheer-kit';
import { portOf, Service, tidyUp } from '../test/helpers/service';

jest.mock<typeof kit>('@selfcheer/cheer-kit', () => ({
  ...jest.requireActual<typeof kit>('@selfcheer/cheer-kit'),
  startTracing: jest.fn(),
}));

afterEach(tidyUp);

/** How long the last spans were given, in milliseconds, each time they were. */
function recordShutdowns(): number[] {
  const given: number[] = [];
  jest.mocked(kit.startTracing).mockResolvedValue({
    enabled: false,
    tracer: trace.getTracer('test'),
    shutdown(withinMs = Infinity) {
      given.push(withinMs);
      return Promise.resolve();
    },
  });
  return given;
}

/** A connection on which a request has begun and never ends. */
async function hangOn(address: string): Promise<void> {
  const head = 'POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';
  const socket = connect(portOf(address), '127.0.0.1').on('error', () => undefined);
  socket.write(`${head}Content-Length: 2\r\n\r\n[]${head}Content-Length: 100\r\n\r\n{`);
  await once(socket, 'data');
}

test('the last spans get what connections that hang have left of drainSeconds', async () => {
  const given = recordShutdowns();
  const service = await Service.start({ drainSeconds: 2 });
  await hangOn(service.app.addresses.http);
  await service.stop();
  // Connections have 60 % of it.
  expect(given[0]).toBeLessThanOrEqual(801);
  expect(Math.min(...given)).toBeGreaterThanOrEqual(200);
});

test('they get a moment when nothing is left, and no more than two seconds of much', async () => {
  const given = recordShutdowns();
  await (await Service.start({ drainSeconds: 0.1 })).stop();
  expect(given[0]).toBe(200);
  given.length = 0;
  await (await Service.start({ drainSeconds: 60 })).stop();
  expect(given[0]).toBe(2_000);
});
