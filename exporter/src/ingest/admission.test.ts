import { Admission, type TenantLimits } from './admission';
import type { Priority } from './overload/priority';
import { rateLimitHeaders } from './rate-limit-headers';

const limited: TenantLimits = {
  eventsPerSecond: 10,
  bytesPerSecond: 1_000,
  burstSeconds: 2,
  priority: 'high',
};

/** Admission that sheds whom the test says. */
function admission(tenants: Record<string, TenantLimits> = {}) {
  let now = 0;
  const asked: string[] = [];
  const used: string[] = [];
  const shed = new Set<string>();
  const made = new Admission({
    tenants,
    shedder: {
      drops: 4,
      sheds: (tenant: string, priority: Priority) => {
        asked.push(`${tenant} ${priority}`);
        return shed.has(tenant);
      },
      took: (tenant, bytes) => used.push(`${tenant} ${bytes}`),
    },
    clock: () => now,
    random: () => 0.5,
  });
  return { made, asked, used, shed, pass: (ms: number) => (now += ms) };
}

test('who has no quota is only turned away by overload, and told when to come back', () => {
  const { made, shed, asked } = admission();
  const ask = { tenant: 'a', priority: undefined, bytes: 100 };
  expect(made.admit(ask)).toBeUndefined();
  shed.add('a');
  expect(made.admit(ask)).toMatchObject({ code: 'overloaded', retryAfterSeconds: 2.5 });
  expect(asked).toEqual(['a normal', 'a normal']);
  expect(made.readings('a')).toBeUndefined();
});

test('the class is the tenant’s, and a request may only lower it', () => {
  const { made, asked } = admission({ vip: limited });
  made.admit({ tenant: 'vip', priority: undefined, bytes: 1 });
  made.admit({ tenant: 'vip', priority: 'u=7', bytes: 1 });
  made.admit({ tenant: 'other', priority: 'u=0', bytes: 1 });
  made.admit({ tenant: 'constructor', priority: undefined, bytes: 1 });
  expect(asked).toEqual(['vip high', 'vip low', 'other normal', 'constructor normal']);
});

test('an announced body that the quota does not allow is turned away before it is read', () => {
  const { made, asked, pass } = admission({ a: limited });
  expect(made.take('a', 1, 1_500)).toBeUndefined();
  expect(made.admit({ tenant: 'a', priority: undefined, bytes: 600 })).toMatchObject({
    code: 'quota_exceeded',
    retryAfterSeconds: 0.1,
  });
  expect(asked).toEqual([]);
  pass(100);
  expect(made.admit({ tenant: 'a', priority: undefined, bytes: 600 })).toBeUndefined();
});

test('what is in a body is charged, and given back when it could not be stored', () => {
  const { made, used } = admission({ a: limited });
  expect(made.take('a', 20, 10)).toBeUndefined();
  expect(made.take('a', 1, 1)).toMatchObject({ code: 'quota_exceeded' });
  made.giveBack('a', 20, 10);
  expect(made.take('a', 20, 10)).toBeUndefined();
  expect(used).toEqual(['a 10', 'a 10']);
});

test('the headers of the IETF draft', () => {
  const { made } = admission({ a: limited });
  made.take('a', 5, 100);
  expect(rateLimitHeaders(made.readings('a')!)).toEqual({
    'ratelimit-policy': '"events";q=20;qu="events";w=2, "bytes";q=2000;qu="content-bytes";w=2',
    ratelimit: '"events";r=15;t=1, "bytes";r=1900;t=1',
  });
});
