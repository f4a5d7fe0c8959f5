import { createHash } from 'node:crypto';

/** Who the soak is to the service: producers of two tenants, and the one that watches. */
const people = [
  { name: 'web', tenant: 'shop', roles: ['producer'] },
  { name: 'device', tenant: 'plant', roles: ['producer'] },
  { name: 'watch', tenant: 'default', roles: ['producer', 'reader', 'operator'] },
] as const;

/** Only ever valid for a process on the loopback interface that lives as long as the soak. */
export function keyOf(name: (typeof people)[number]['name']): string {
  return `soak-${name}`;
}

/** Value of SELFCHEER_AUTH_API_KEYS. */
export const apiKeys = JSON.stringify(
  people.map((person) => ({
    ...person,
    sha256: createHash('sha256').update(keyOf(person.name)).digest('hex'),
  })),
);

/** Value of SELFCHEER_TENANTS: quotas that are counted, but wide enough. */
export const tenants = JSON.stringify({
  shop: { eventsPerSecond: 1_000_000, priority: 'normal' },
  plant: { bytesPerSecond: 1_000_000_000, priority: 'high' },
});
