import { configSchema } from './config/schema';
import { createHealthChecks, type HealthSources } from './health-checks';

const config = configSchema.parse({ outbox: { quotaBytes: 1_000_000 } });

test.each([
  [100_000, false, 'ok'],
  [700_000, false, 'degraded'],
  [850_000, true, 'failed'],
])(
  'the store that holds %d bytes of a million, quarantine included, is %s %s',
  async (heldBytes, full, status) => {
    const pipeline = { figures: () => ({ heldBytes, full, outboxRecords: 0, outboxBytes: 0 }) };
    const checks = createHealthChecks({ config, pipeline } as unknown as HealthSources);
    expect(await checks['store']!(new AbortController().signal)).toMatchObject({ status });
  },
);

test('a relay that dies again and again is told with what it dies of', async () => {
  const relay = (count: number) => {
    const pipeline = { relayDeaths: () => ({ count, detail: 'record 0:7 of the store is damaged' }) };
    const checks = createHealthChecks({ config, pipeline } as unknown as HealthSources);
    return checks['relay']!(new AbortController().signal);
  };
  expect(await relay(0)).toEqual({ status: 'ok', detail: 'running' });
  expect(await relay(3)).toMatchObject({
    status: 'degraded',
    detail: expect.stringMatching(/^died 3 times in a row .* of: record 0:7/) as string,
  });
});

test('a saturation ceiling that the engine can not have is a mistake in the configuration', () => {
  expect(configSchema.safeParse({ cheer: { saturationCeilingRatio: 0.95 } }).success).toBe(false);
  expect(configSchema.safeParse({ cheer: { saturationCeilingRatio: 0.9 } }).success).toBe(true);
});
