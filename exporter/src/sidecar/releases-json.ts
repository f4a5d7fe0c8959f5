import { isoTime } from '@selfcheer/cheer-kit';
import type { RecordedRelease } from './releases-file';
import type { ReleaseVerdict } from './releases-verdict';

/** One attempt of `GET /api/v1/releases`: number, recorded_at, recorded_by, and the fields of its document. */
export function releaseJson({ number, recordedAt, recordedBy, document }: RecordedRelease) {
  return { number, recorded_at: isoTime(recordedAt), recorded_by: recordedBy, ...document };
}

/** `GET /api/v1/releases/{id}/verdict`, for machines that decide on a rollout. */
export function verdictJson(
  release: string,
  { verdict, reasons, attempt, live }: ReleaseVerdict,
  nowMs: number,
) {
  return {
    schema: 'selfcheer/verdict/v1',
    release,
    verdict,
    reasons: reasons.map(({ code, detail }) => ({ code, detail })),
    run: attempt?.document.run ?? null,
    recorded_at: attempt ? isoTime(attempt.recordedAt) : null,
    live: live ? { state: live.state, score: live.score, version: live.version, track: live.track } : null,
    checked_at: isoTime(nowMs),
  };
}

const words = { pass: 'passed', fail: 'failed', inconclusive: 'is inconclusive' } as const;

/** The cheer event that tells of it. */
export function releaseEvent({ document }: RecordedRelease): { title: string; detail: string } {
  const { release, service, verdict, run, gates } = document;
  const short = gates
    .filter((gate) => gate.verdict !== 'pass')
    .map(({ name, detail }) => `${name}: ${detail}`);
  return {
    title: `Release ${release} ${words[verdict]}`,
    detail: `${service}, run ${run}: ${short.length === 0 ? `all ${gates.length} gates` : short.join('; ')}`,
  };
}
