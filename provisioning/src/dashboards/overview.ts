import { frame } from '../frame';
import { toService } from '../panel-base';
import { bars, cheerMeter, stat, stateTimeline, timeSeries } from '../panels';
import { chosen, real } from '../scope';
import {
  budgetScale,
  cheerQueries,
  firingAlerts,
  releaseAnnotation,
  stateAnnotations,
  stateNumber,
  stateWords,
  uids,
} from '../shared-panels';

const toFlow = toService('Pipeline flow of ${__field.labels.service}', uids.flow);
const toSlo = toService('SLO and burn of ${__field.labels.service}', uids.slo);
const noRules = 'No data: are the rules of alerts/ loaded into Prometheus, and is there traffic?';

/** The first look: how is everyone, and who needs help? */
export const overview = frame({
  uid: uids.overview,
  title: 'Cheer overview',
  description:
    'Every service that cheers: its state and why, recent cheers, error budgets and firing alerts.',
  variables: ['namespace', 'service'],
  annotations: [...stateAnnotations, releaseAnnotation],
  from: 'now-1h',
  rows: [
    {
      panels: [
        cheerMeter(
          {
            title: 'Cheer of every service',
            description:
              'One tile a service, the worst first; of a single service the meter with its reasons and latest cheers.',
            empty: 'No service reports its cheer: is it scraped, and is a service chosen?',
            queries: cheerQueries,
            width: 16,
            height: 12,
            links: [toFlow, toSlo, toService('Resources of ${__field.labels.service}', uids.resources)],
          },
          {},
        ),
        stat({
          title: 'Services that are not green',
          description: 'Yellow, red, warming or disabled: whatever can not promise its health.',
          unit: 'short',
          empty: 'No service reports its health.',
          queries: [
            {
              expr: `count(min by (namespace, service) (cheer_health{${chosen}}) == 0) or 0 * count(cheer_health{${chosen}})`,
              instant: true,
            },
          ],
          base: 'green',
          steps: [[1, 'yellow']],
          width: 4,
          height: 4,
        }),
        stat({
          title: 'Targets down',
          description: 'Pods that Prometheus can not scrape: nothing is known of them.',
          unit: 'short',
          empty: 'No target has the label service.',
          queries: [{ expr: `count(up{${chosen}} == 0) or 0 * count(up{${chosen}})`, instant: true }],
          base: 'green',
          steps: [[1, 'red']],
          width: 4,
          height: 4,
        }),
        firingAlerts('', 8, 8, 'No alert fires.'),
      ],
    },
    {
      title: 'Cheers',
      panels: [
        stateTimeline({
          title: 'State',
          description:
            'The state of each service over time; of several pods the worst one. A gap is a time without data.',
          unit: 'short',
          empty: 'No service reports its state in this time.',
          queries: [{ expr: stateNumber('namespace, service', chosen), legend: '{{service}}' }],
          mappings: stateWords,
          links: [toFlow, toSlo],
          width: 24,
          height: 6,
        }),
        timeSeries({
          title: 'Cheers',
          description: 'Batches of real traffic that were settled well and in time.',
          unit: 'short',
          decimals: 0,
          empty: 'No real traffic in this time: heartbeats are not counted.',
          queries: [
            {
              expr: `sum by (namespace, service) (increase(cheer_cheers_total{${chosen}, ${real}}[$__rate_interval]))`,
              legend: '{{service}}',
            },
          ],
          bars: true,
          links: [toFlow],
          width: 12,
          height: 7,
        }),
        timeSeries({
          title: 'Misses by reason',
          description: 'Batches of real traffic that were late or went wrong, and why.',
          unit: 'short',
          decimals: 0,
          empty: 'No service counts its misses in this time.',
          queries: [
            {
              expr: `sum by (namespace, service, reason) (increase(cheer_missed_total{${chosen}, ${real}}[$__rate_interval]))`,
              legend: '{{service}}: {{reason}}',
            },
          ],
          bars: true,
          links: [toFlow],
          width: 12,
          height: 7,
        }),
      ],
    },
    {
      title: 'Promises',
      panels: [
        bars({
          title: 'Error budget left, 30 days',
          description: 'What is left of each error budget of the last 30 days; an overspent one is empty.',
          empty: 'No budget yet: it takes the rules of alerts/, traffic, and their first hourly evaluation.',
          queries: [
            {
              expr: `clamp_min(service_slo:cheer_error_budget_remaining:ratio{${chosen}}, 0)`,
              legend: '{{service}}: {{slo}}',
              instant: true,
            },
          ],
          ...budgetScale,
          links: [toSlo],
          width: 8,
          height: 9,
        }),
        timeSeries({
          title: 'Burn rate, 1 hour',
          description: 'How fast the budgets are spent: 1 spends one exactly in its period, 14.4 pages.',
          unit: 'none',
          decimals: 1,
          empty: noRules,
          queries: [{ expr: `service_slo:cheer_burn_rate:1h{${chosen}}`, legend: '{{service}}: {{slo}}' }],
          steps: [[14.4, 'red']],
          links: [toSlo],
          width: 8,
          height: 9,
        }),
        timeSeries({
          title: 'Cheers per batch',
          description:
            'The part of the batches that was settled well; below 0.99 and 0.90 the meter alerts speak.',
          unit: 'percentunit',
          max: 1,
          empty: noRules,
          queries: [
            { expr: `service:cheer_cheers_per_batches:ratio_rate5m{${chosen}}`, legend: '{{service}}' },
          ],
          links: [toFlow],
          width: 8,
          height: 9,
        }),
      ],
    },
    {
      title: 'Traffic',
      panels: [
        timeSeries({
          title: 'Request rate',
          description: 'Requests a second, good and bad.',
          unit: 'reqps',
          empty: noRules,
          queries: [{ expr: `service:cheer_request_rate:rate5m{${chosen}}`, legend: '{{service}}' }],
          links: [toFlow],
          width: 8,
          height: 7,
        }),
        timeSeries({
          title: 'Error rate',
          description: 'The part of the requests that failed for reasons of the service; alerts from 1 % on.',
          unit: 'percentunit',
          empty: noRules,
          queries: [{ expr: `service:cheer_error_rate:ratio_rate5m{${chosen}}`, legend: '{{service}}' }],
          steps: [[0.01, 'red']],
          base: 'transparent',
          links: [toSlo],
          width: 8,
          height: 7,
        }),
        timeSeries({
          title: 'Latency, p95',
          description: 'Nineteen of twenty requests are answered within this time, held against the target.',
          unit: 's',
          empty: noRules,
          queries: [
            { expr: `service:cheer_latency_seconds:p95_rate5m{${chosen}}`, legend: '{{service}}' },
            {
              expr: `min by (namespace, service) (cheer_health_latency_target_seconds{${chosen}})`,
              legend: '{{service}}: target',
              limit: true,
            },
          ],
          links: [toFlow],
          width: 8,
          height: 7,
        }),
      ],
    },
  ],
});
