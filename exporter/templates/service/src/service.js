import { readFileSync } from 'node:fs';
import { createService } from '@selfcheer/cheer-kit';
import { ping } from './items.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * What this service promises, and what it needs for that. Change it first: alerts, budgets and the cheer follow.
 *
 * @param {Partial<import('@selfcheer/cheer-kit').ServiceOptions>} [more] what a test wants otherwise
 */
export function createOwnService(more) {
  return createService({
    name: 'SERVICE-NAME',
    version,
    slo: {
      // Of 1,000 requests at most one fails for a reason of ours,
      availability: 0.999,
      // and 99 of 100 are answered in this time. The cheer turns yellow when 1 of 10 takes longer.
      latency: { objective: 0.99, targetSeconds: 0.1 },
    },
    checks: {
      // What no request can be answered without. Throwing means: not ready, send no requests here.
      items: (signal) => ping(signal),
    },
    ...more,
  });
}
