import { frame, type Annotation } from './frame';
import { bars, cheerMeter, stat, stateTimeline, timeSeries } from './panels';
import { chosen } from './scope';
import {
  budgetScale,
  cheerQueries,
  releaseAnnotation,
  stateAnnotations,
  stateNumber,
  stateWords,
} from './shared-panels';

/** `selfcheer new` puts the name of the service in its place. */
const name = 'SERVICE-NAME';
const own = `namespace=~"$namespace", service="${name}"`;

/** What the shared dashboards ask of the chosen services, of this one. */
function ofIt(expr: string): string {
  return expr.replaceAll(chosen, own);
}

function rate(metric: string, more = ''): string {
  return `rate(${metric}{${own}${more}}[$__rate_interval])`;
}

function latency(quantile: number): string {
  return `histogram_quantile(${quantile}, sum by (le) (${rate('http_request_duration_seconds_bucket')}))`;
}

const annotations: readonly Annotation[] = [...stateAnnotations, releaseAnnotation].map((one) => ({
  ...one,
  expr: ofIt(one.expr),
}));
const idle = 'No requests in this time.';
const unscraped = 'Prometheus does not scrape it: is it up, with the label service?';

/** The dashboard of one service that `selfcheer new` has made: its figures by name, to be changed with it. */
export const newServiceDashboard = frame({
  uid: name,
  title: name,
  description: `How ${name} does: its cheer and why, its routes, its promises, and what it takes for that.`,
  variables: ['namespace'],
  annotations,
  from: 'now-1h',
  rows: [
    {
      panels: [
        cheerMeter(
          {
            title: 'Cheer',
            description: 'Green, yellow or red, its score, and the reasons with the figure beside the limit.',
            empty: unscraped,
            queries: cheerQueries.map(({ refId, expr }) => ({ refId, expr: ofIt(expr) })),
            width: 12,
            height: 8,
          },
          {},
        ),
        stateTimeline({
          title: 'State',
          description: 'The worst of its pods over time; a gap is a time of which nothing is known.',
          unit: 'short',
          empty: unscraped,
          queries: [{ expr: ofIt(stateNumber('namespace, service', chosen)), legend: '{{namespace}}' }],
          mappings: stateWords,
          width: 12,
          height: 4,
        }),
        stat({
          title: 'Requests',
          description: 'Requests a second now, to all routes and pods.',
          unit: 'reqps',
          empty: idle,
          queries: [{ expr: `sum(${rate('http_requests_total')})` }],
          width: 4,
          height: 4,
        }),
        stat({
          title: 'Failed',
          description:
            'The part of them that was answered 5xx: the fault of the service, not of its callers.',
          unit: 'percentunit',
          empty: idle,
          queries: [
            {
              expr: `sum(${rate('http_requests_total', ', status_code=~"5.."')}) / sum(${rate('http_requests_total')}) or 0 * sum(${rate('http_requests_total')})`,
            },
          ],
          base: 'green',
          steps: [[0.001, 'red']],
          width: 4,
          height: 4,
        }),
        stat({
          title: 'Pods',
          description: 'Pods that Prometheus scrapes now.',
          unit: 'short',
          empty: unscraped,
          queries: [{ expr: `count(cheer_build_info{${own}})`, instant: true }],
          width: 4,
          height: 4,
        }),
      ],
    },
    {
      title: 'Requests',
      panels: [
        timeSeries({
          title: 'By route',
          description: 'Requests a second by the pattern of their route.',
          unit: 'reqps',
          empty: idle,
          queries: [
            {
              expr: `sum by (method, route) (${rate('http_requests_total')})`,
              legend: '{{method}} {{route}}',
            },
          ],
          width: 8,
          height: 8,
        }),
        timeSeries({
          title: 'Not well, by status',
          description: 'Answers of 400 and above: 4xx are the doing of callers, 5xx that of the service.',
          unit: 'reqps',
          empty: 'Every request was answered well.',
          queries: [
            {
              expr: `sum by (status_code, route) (${rate('http_requests_total', ', status_code=~"[45].."')})`,
              legend: '{{status_code}} {{route}}',
            },
          ],
          width: 8,
          height: 8,
        }),
        timeSeries({
          title: 'Latency',
          description: 'Half, 95 and 99 of 100 requests took no longer; dashed is the target of the cheer.',
          unit: 's',
          empty: idle,
          queries: [
            { expr: latency(0.5), legend: 'p50' },
            { expr: latency(0.95), legend: 'p95', exemplars: true },
            { expr: latency(0.99), legend: 'p99' },
            {
              expr: `max(cheer_health_latency_target_seconds{${own}})`,
              legend: 'target for 9 of 10',
              limit: true,
            },
          ],
          width: 8,
          height: 8,
        }),
      ],
    },
    {
      title: 'Promises',
      panels: [
        bars({
          title: 'Error budget left, 1 hour',
          description: 'What is left for the last hour, as the process counts it; the cheer goes by it.',
          empty: unscraped,
          queries: [
            {
              expr: `clamp_min(min by (slo) (cheer_error_budget_remaining_ratio{${own}}), 0)`,
              legend: '{{slo}}',
              instant: true,
            },
          ],
          ...budgetScale,
          width: 8,
          height: 8,
        }),
        bars({
          title: 'Error budget left, 30 days',
          description: 'The same of the last 30 days, by the recording rules; those of slos.yml, too.',
          empty: 'No budget yet: it takes the rules, traffic, and their first hourly evaluation.',
          queries: [
            {
              expr: `clamp_min(service_slo:cheer_error_budget_remaining:ratio{${own}}, 0)`,
              legend: '{{slo}}',
              instant: true,
            },
          ],
          ...budgetScale,
          width: 8,
          height: 8,
        }),
        timeSeries({
          title: 'Burn rate, 1 hour',
          description: 'How fast the budgets are spent: 1 spends one exactly in its period, 14.4 pages.',
          unit: 'none',
          decimals: 1,
          empty: 'No data: are the rules loaded into Prometheus, and is there traffic?',
          queries: [{ expr: `service_slo:cheer_burn_rate:1h{${own}}`, legend: '{{slo}}' }],
          steps: [[14.4, 'red']],
          width: 8,
          height: 8,
        }),
      ],
    },
    {
      title: 'Of this service alone',
      panels: [
        timeSeries({
          title: 'Items read',
          description: 'Items that were asked for, by result: put your own metrics in the place of this one.',
          unit: 'cps',
          empty: 'Nobody asked for an item in this time.',
          queries: [{ expr: `sum by (result) (${rate('items_read_total')})`, legend: '{{result}}' }],
          width: 8,
          height: 8,
        }),
        timeSeries({
          title: 'CPU and event loop',
          description: 'The busiest pod: its share of a core, and how late its event loop was.',
          unit: 'percentunit',
          empty: unscraped,
          queries: [
            { expr: `max(cpu_usage_ratio{${own}})`, legend: 'CPU' },
            { expr: `max(event_loop_lag_seconds{${own}})`, legend: 'event loop, seconds late' },
          ],
          width: 8,
          height: 8,
        }),
        timeSeries({
          title: 'Memory',
          description: 'Of the largest pod: all of it, and its heap that is in use; dashed is the limit.',
          unit: 'bytes',
          empty: unscraped,
          queries: [
            { expr: `max(memory_usage_bytes{${own}, kind="rss"})`, legend: 'all' },
            { expr: `max(memory_usage_bytes{${own}, kind="heap_used"})`, legend: 'heap' },
            {
              expr: `max(memory_usage_bytes{${own}, kind="limit"})`,
              legend: 'limit',
              limit: true,
            },
          ],
          width: 8,
          height: 8,
        }),
      ],
    },
  ],
});
