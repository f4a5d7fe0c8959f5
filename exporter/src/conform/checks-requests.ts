import { setTimeout as sleep } from 'node:timers/promises';
import { met, missed, some, unchecked, unless, type Check } from './finding';
import type { Answer } from './http-call';
import { newTrace, syntheticHeader } from './request-plan';
import type { Scrape } from './scrape';
import { eventually, type Subject } from './subject';

const requests = 5;
/** For an exemplar. */
const tries = 10;

/** What requests leave in the metrics. */
export const requestChecks: readonly Check[] = [
  {
    id: 'requests-counted',
    expected:
      'http_requests_total and http_request_duration_seconds count each request by method, route and status',
    mend: 'Put the middleware of the kit in front of all routes: app.use(service.middleware()).',
    async run(subject) {
      const { plan, admin } = subject;
      const before = await admin.scrape();
      const answers: Answer[] = [];
      for (let sent = 0; sent < requests; sent += 1) answers.push(await plan.send());
      const [method, status] = [plan.method, String(answers[0]?.status)];
      // One of another status, as a 304 may be, is counted elsewhere.
      const alike = answers.filter((answer) => String(answer.status) === status).length;
      const wanted = [
        { name: 'http_requests_total', labels: { method, status_code: status }, least: alike },
        { name: 'http_request_duration_seconds_count', labels: { method }, least: requests },
      ] as const;
      let last = before;
      const counted = await eventually(subject, async () => {
        const after = (last = await admin.scrape());
        const [total, timed] = wanted.map(
          ({ name, labels, least }) => grownRoutes(name, before, after, least, labels)[0],
        );
        return total !== undefined && total === timed ? total : undefined;
      });
      if (counted !== undefined) return met(`${requests} requests on the route ${counted}`);
      return missed(
        ...wanted.map(({ name, labels }) => {
          const routes = grownRoutes(name, before, last, 1, labels);
          return `${name}${JSON.stringify(labels)} grew on ${routes.length === 0 ? 'no route' : some(routes)} after ${requests} requests`;
        }),
      );
    },
  },
  {
    id: 'slo-counted',
    expected:
      'cheer_slo_events_total counts good requests, and cheer_batches_total, each one a cheer or a miss',
    mend: 'Let the middleware of the kit judge requests, or tell the engine the outcome of each: recordSlo, and batchSettled or batchMissed.',
    async run(subject) {
      const { plan, admin } = subject;
      const before = await admin.scrape();
      for (let sent = 0; sent < requests; sent += 1) await plan.send();
      let last: readonly string[] = [];
      const counted = await eventually(subject, async () => {
        const after = await admin.scrape();
        const good = after.sum('cheer_slo_events_total', { result: 'good' });
        const grown = good - before.sum('cheer_slo_events_total', { result: 'good' });
        const real = { traffic: 'real' };
        const batches = after.sum('cheer_batches_total', real);
        const outcomes = after.sum('cheer_cheers_total', real) + after.sum('cheer_missed_total', real);
        last = [
          ...(grown >= requests
            ? []
            : [`${grown} more good events in cheer_slo_events_total after ${requests} requests`]),
          ...(batches > before.sum('cheer_batches_total', real)
            ? []
            : ['cheer_batches_total{traffic="real"} stands still']),
          ...(batches === outcomes ? [] : [`${batches} batches and ${outcomes} cheers and misses`]),
        ];
        return last.length === 0 ? grown : undefined;
      });
      return unless(last, `${counted ?? 0} more good events`);
    },
  },
  {
    id: 'exemplars',
    expected:
      'a latency histogram has the trace id of a sampled request as exemplar in OpenMetrics, and of no other',
    mend: 'Observe with the trace id of the active span if it is sampled; the middleware of the kit does.',
    async run(subject) {
      const { plan, admin } = subject;
      const traces: string[] = [];
      const found = await eventually(subject, async () => {
        // Others may take its bucket's place in between: another try has another id.
        if (traces.length < tries) {
          const { traceId, headers } = newTrace();
          traces.push(traceId);
          await plan.send(headers);
        }
        const scrape = await admin.scrape();
        return exemplars(scrape).find((sample) => traces.includes(sample.traceId ?? ''));
      });
      if (!found) {
        const others = exemplars(await admin.scrape()).length;
        return missed(`none of ${traces.length} sampled trace ids; ${others} other exemplars`);
      }
      const unsampled = newTrace(false);
      for (let sent = 0; sent < requests; sent += 1) {
        await plan.send(unsampled.headers);
        const now = exemplars(await admin.scrape());
        if (now.some(({ traceId }) => traceId === unsampled.traceId)) {
          return missed('the trace id of a request that was not sampled (traceparent ends in 00)');
        }
      }
      return met(`on ${found.name.replace(/_bucket$/, '')}`);
    },
  },
  {
    id: 'synthetic',
    expected:
      'requests with baggage selfcheer.synthetic=true are batches of traffic="synthetic", and in no SLO',
    mend: 'Read the baggage where traffic is judged; the middleware of the kit does. Pass the header on through proxies.',
    async run(subject) {
      const { plan, admin } = subject;
      if (!(await isQuiet(subject))) {
        return unchecked(
          'other traffic is counted in the SLOs all the time; check an instance that has none',
        );
      }
      const before = await admin.scrape();
      for (let sent = 0; sent < requests; sent += 1) await plan.send(syntheticHeader);
      const synthetic = { traffic: 'synthetic' };
      const grown = await eventually(subject, async () => {
        const more =
          (await admin.scrape()).sum('cheer_batches_total', synthetic) -
          before.sum('cheer_batches_total', synthetic);
        return more > 0 ? more : undefined;
      });
      await sleep(subject.limits.quietMs, undefined, { signal: subject.signal });
      const after = await admin.scrape();
      const counted = inSlos(after) - inSlos(before);
      if (counted > 0 && counted < requests) {
        return unchecked('other traffic came in between; check an instance that has none');
      }
      const real =
        after.sum('cheer_batches_total', { traffic: 'real' }) -
        before.sum('cheer_batches_total', { traffic: 'real' });
      return unless(
        [
          ...(grown === undefined ? ['cheer_batches_total{traffic="synthetic"} stands still'] : []),
          ...(counted > 0
            ? [`${counted} more events in cheer_slo_events_total after ${requests} synthetic requests`]
            : []),
          ...(counted === 0 && real > 0 ? [`${real} more in cheer_batches_total{traffic="real"}`] : []),
        ],
        `${requests} synthetic requests, none in an SLO`,
      );
    },
  },
];

/** Routes on which a counter of these labels grew by at least so much. */
function grownRoutes(
  name: string,
  before: Scrape,
  after: Scrape,
  least: number,
  labels: Readonly<Record<string, string>>,
): string[] {
  const routes = new Set(after.of(name).map((sample) => sample.labels['route'] ?? ''));
  return [...routes].filter((route) => {
    const of = { ...labels, route };
    return after.sum(name, of) - before.sum(name, of) >= least;
  });
}

function exemplars(scrape: Scrape) {
  return scrape.samples.filter(
    ({ name, traceId }) => traceId !== undefined && name.endsWith('_seconds_bucket'),
  );
}

function inSlos(scrape: Scrape): number {
  return scrape.sum('cheer_slo_events_total');
}

/** Whether no event comes into an SLO by itself; what our earlier requests led to may still be counted at first. */
async function isQuiet(subject: Subject): Promise<boolean> {
  const quiet = await eventually(subject, async () => {
    const before = inSlos(await subject.admin.scrape());
    await sleep(subject.limits.quietMs, undefined, { signal: subject.signal });
    return inSlos(await subject.admin.scrape()) === before ? true : undefined;
  });
  return quiet === true;
}
