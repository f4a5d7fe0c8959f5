/*
 * What Prometheus has of two services that have been doing well for a month, in the fast profile: hours are minutes.
 *
 * Without it every window would begin with the first fault, and a fault of seconds would be most of the three days of
 * the slowest burn alert, which would then fire for longer than a test may take. The month is of a service far busier
 * than the one that is tested, so that all faults together are a small part of six hours.
 */

const eventsPerSecond = 50_000;
/** In the fast profile: thirty days. */
const monthSeconds = 12 * 3600;
const hourSeconds = 60;

/** What longer windows are put together from, and how far back it is looked up, in minutes of the fast profile. */
const looked = { rate1h: 1, rate2h: 4, rate6h: 18, rate1d: 48 } as const;
const hourly = [
  'service_slo:cheer_slo_hourly_events:increase1h',
  'service_slo:cheer_slo_hourly_bad_events:increase1h',
] as const;

/** `slos`: names of SLOs by service; `until`: epoch seconds. OpenMetrics text, for `promtool tsdb create-blocks-from`. */
export function goodMonth(slos: Readonly<Record<string, readonly string[]>>, until: number): string {
  const lines: string[] = [];
  const series = (name: string, value: number, seconds: number, step: number): void => {
    lines.push(`# TYPE ${name} gauge`);
    for (const [service, names] of Object.entries(slos)) {
      for (const slo of names) {
        const labels = `{service="${service}",slo="${slo}"}`;
        for (let at = until - seconds; at < until; at += step) lines.push(`${name}${labels} ${value} ${at}`);
      }
    }
  };
  for (const [rate, minutes] of Object.entries(looked)) {
    series(`service_slo:cheer_slo_events:${rate}`, eventsPerSecond, minutes * 60, 1);
    series(`service_slo:cheer_slo_bad_events:${rate}`, 0, minutes * 60, 1);
  }
  series(hourly[0], eventsPerSecond * hourSeconds, monthSeconds, hourSeconds);
  series(hourly[1], 0, monthSeconds, hourSeconds);
  return `${lines.join('\n')}\n# EOF\n`;
}
