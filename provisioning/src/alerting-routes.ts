import {
  ContactPointBuilder,
  NotificationPolicyBuilder,
  type ContactPoint,
  type NotificationPolicy,
} from '@grafana/grafana-foundation-sdk/alerting';

/** Where notifications go, with the environment variable of Grafana's that holds its address. */
export const receivers = {
  pager: 'SELFCHEER_PAGER_URL',
  tickets: 'SELFCHEER_TICKETS_URL',
  'dead-mans-switch': 'SELFCHEER_DEAD_MANS_SWITCH_URL',
} as const;

/** Grafana has no receiver that receives nothing: what is only shown is muted at all times. */
const onlyShown = 'only-shown';

/** Webhooks: the one kind that every pager and ticket system takes. */
export function contactPoints(): ContactPoint[] {
  return Object.entries(receivers).map(([name, variable]) =>
    new ContactPointBuilder()
      .name(name)
      .uid(name)
      .type('webhook')
      .settings({ url: `$${variable}`, httpMethod: 'POST' })
      // A switch that is told that all is well would stand still.
      .disableResolveMessage(name === 'dead-mans-switch')
      .build(),
  );
}

/** The time in which what is only shown is muted: all of it. As a file has it: the SDK calls `start_time` `from`. */
export const muteTiming = {
  name: onlyShown,
  time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }],
};

function route(receiver: keyof typeof receivers, ...matchers: string[][]): NotificationPolicyBuilder {
  return new NotificationPolicyBuilder().receiver(receiver).objectMatchers(matchers);
}

/**
 * The routes of alerts/alertmanager.yml. Grafana does not inhibit one alert by another: all that is wrong with a service
 * at once comes in one notification instead of several.
 */
export function notificationPolicy(): NotificationPolicy {
  return new NotificationPolicyBuilder()
    .receiver('tickets')
    .groupBy(['namespace', 'service'])
    .groupWait('30s')
    .groupInterval('5m')
    .repeatInterval('12h')
    .routes([
      route('dead-mans-switch', ['alertname', '=', 'CheerWatchdog'])
        .groupBy(['alertname'])
        .groupWait('0s')
        .groupInterval('1m')
        .repeatInterval('5m'),
      route('pager', ['severity', '=', 'critical']).repeatInterval('4h'),
      route('tickets', ['severity', '=', 'warning']),
      route('tickets', ['severity', '=~', 'info|none']).muteTimeIntervals([onlyShown]),
    ])
    .build();
}
