import { isoTime } from '@selfcheer/cheer-kit';
import type { TargetReading } from './targets-watch';

/**
 * `GET /api/v1/targets`, and the `targets` events of `/api/v1/targets/stream`: `{timestamp, latest_release,
 * targets: [...]}`, in the order of the command line; latest_release is the number of the release recorded last, 0 without
 *
 * | field | |
 * | --- | --- |
 * | name, url | of the target; its own API is at `/targets/{name}/api/v1` |
 * | link | connecting, live, stale (it answered, and does not now), unreachable (it never did), locked (it wants a key) |
 * | detail | why it is not live, else null |
 * | age_seconds | since it answered last; null when it never did |
 * | service, version, track | as it told last |
 * | state, score, idle, since, mode, reason | as in its summary, reason the worst one; null unless it is live |
 * | last | state and score as it told last: not how it is, unless it is live |
 */
export function targetsJson(readings: readonly TargetReading[], latestRelease: number, nowMs: number) {
  return { timestamp: isoTime(nowMs), latest_release: latestRelease, targets: readings.map(targetJson) };
}

function targetJson({ target, link, detail, last }: TargetReading) {
  const now = link === 'live' ? last?.summary : undefined;
  const [reason] = now?.cheer.reasons ?? [];
  return {
    ...{ name: target.name, url: target.url, link },
    detail: detail ?? null,
    age_seconds: last?.ageSeconds ?? null,
    service: last?.summary.service ?? null,
    version: last?.summary.version ?? null,
    track: last?.summary.track ?? null,
    state: now?.cheer.state ?? null,
    score: now?.cheer.score ?? null,
    idle: now?.cheer.idle ?? null,
    since: now?.cheer.since ?? null,
    mode: now?.mode ?? null,
    reason: reason ?? null,
    last: last ? { state: last.summary.cheer.state, score: last.summary.cheer.score } : null,
  };
}
