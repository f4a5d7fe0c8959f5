import { z } from 'zod';
import { membersOf, unwrap } from './keys';
import { configSchema } from './schema';

/** They are compared with clocks and never become a timer. */
const noTimers: readonly string[] = [
  'ingest.limits.clockAheadSeconds',
  'ingest.overload.targetMs',
  'ingest.overload.intervalMs',
  'tenants.*.burstSeconds',
  'dedupe.windowSeconds',
  'enrich.*.cache.ttlSeconds',
  'enrich.*.cache.staleSeconds',
  'slo.latencyTargetSeconds',
  'slo.deliveryTargetSeconds',
  'cheer.latencyTargetSeconds',
  'cheer.holdSeconds',
];
const dayMs = 86_400_000;

/** Every leaf whose name says that it is a duration, items of lists and records under `*`. */
function durations(schema: z.core.$ZodType, path = ''): (readonly [string, z.core.$ZodType])[] {
  const node = unwrap(schema).schema;
  const members = membersOf(node);
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (members) return Object.entries(members).flatMap(([name, member]) => durations(member, at(name)));
  const { def } = (node as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return durations(def.element, at('*'));
  if (def.type === 'record') return durations(def.valueType, at('*'));
  if (def.type === 'union') return def.options.flatMap((option) => durations(option, path));
  return /(Seconds|Ms)$/.test(path) ? [[path, node]] : [];
}

const all = durations(configSchema);

test('every duration is found, those of steps and tenants too', () => {
  const names = all.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(['enrich.*.timeoutMs', 'publish.timeoutMs', 'cheer.heartbeatSeconds']),
  );
  expect(names).toEqual(expect.arrayContaining([...noTimers]));
});

// A timer of Node that is asked for more than 2^31-1 ms fires after one.
test.each(all.filter(([name]) => !noTimers.includes(name)))('%s fits a timer', (name, schema) => {
  const most = name.endsWith('Ms') ? dayMs : dayMs / 1000;
  const { maximum } = z.toJSONSchema(schema, { io: 'input' });
  expect(maximum).toBeLessThanOrEqual(most);
});
