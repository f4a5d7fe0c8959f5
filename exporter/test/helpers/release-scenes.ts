import {
  gateNames,
  verdictOf,
  type Gate,
  type Verdict,
  type VerifyDocument,
} from '../../src/release/verify-document';
import type { RecordedRelease } from '../../src/sidecar/releases-file';

const minute = 60_000;

const details: Readonly<Record<Gate['name'], Readonly<Record<Verdict, string>>>> = {
  readiness: {
    pass: 'ready after 0.4 s; 16 warm-up events went through',
    fail: '/readyz answered 503 for 60 s: the sink is away',
    inconclusive: 'it was not asked',
  },
  accepted: {
    pass: '200 of 200 events were accepted; at least 99 % must be',
    fail: '181 of 200 events were accepted, 90.5 %; at least 99 % must be',
    inconclusive: 'no event was sent',
  },
  published: {
    pass: 'all 200 ids were published',
    fail: '3 of 200 ids were not published within 30 s, among them run/17',
    inconclusive: 'the target does not tell what became of the run',
  },
  cheer: {
    pass: '99.5 % of the batches cheered; 99.7 % at the baseline',
    fail: '71 % of the batches cheered; 99.7 % at the baseline',
    inconclusive: 'no batch was settled during the run',
  },
  budget: {
    pass: 'burn rate 0.2 during the run; at most 1',
    fail: 'burn rate 22.4 during the run; at most 1',
    inconclusive: 'Prometheus has no data for the run',
  },
  latency: {
    pass: 'p95 14.2 ms, limit 120 ms; p50 3.1 ms, 3.0 ms at the baseline',
    fail: 'p95 412 ms, limit 120 ms; p50 201 ms, 3.0 ms at the baseline, twice',
    inconclusive: 'fewer than 20 events were answered',
  },
};

export const gate = (name: Gate['name'], verdict: Verdict = 'pass', fields: Partial<Gate> = {}): Gate => ({
  ...{ name, verdict, detail: details[name][verdict], figures: { accepted: 200, p95_seconds: 0.0142 } },
  ...fields,
});

/** A document in which these gates have another verdict than `pass`. */
export function verifyDocumentOf(
  fields: Partial<VerifyDocument> = {},
  verdicts: Partial<Record<Gate['name'], Verdict>> = {},
): VerifyDocument {
  const gates = fields.gates ?? gateNames.map((name) => gate(name, verdicts[name]));
  return {
    ...{
      schema: 'selfcheer/verify/v1',
      run: 'run-1',
      service: 'exporter',
      release: '0.1.0',
      previous: '0.0.9',
    },
    verdict: verdictOf(gates),
    ...{ started_at: '2026-11-22T09:00:00.000Z', ended_at: '2026-11-22T09:00:41.500Z' },
    ...{ target: 'http://127.0.0.1:9474', baseline: 'http://127.0.0.1:9464', gates },
    flags: [
      { flag: 'health-cheer', variant: 'on', value: true },
      { flag: 'sampling-ratio', variant: 'tenth', value: 0.1 },
    ],
    ...fields,
  };
}

/** So many attempts, oldest first, of which every third failed and every seventh was inconclusive. */
export function someReleases(count: number, fields: Partial<VerifyDocument> = {}): RecordedRelease[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const verdicts: Parameters<typeof verifyDocumentOf>[1] =
      number % 3 === 0
        ? { published: 'fail', latency: 'inconclusive' }
        : number % 7 === 0
          ? { budget: 'inconclusive' }
          : {};
    const at = Date.now() - (count - index) * 47 * minute;
    const document = verifyDocumentOf(
      {
        ...{ run: `run-${number}`, release: `0.${number}.0`, previous: number === 1 ? null : `0.${index}.0` },
        ...{ started_at: new Date(at - 41_500).toISOString(), ended_at: new Date(at).toISOString() },
        ...fields,
      },
      verdicts,
    );
    return { number, recordedAt: at, recordedBy: 'anonymous', document };
  });
}

/** One whose texts are as long, and as bad, as they may be. */
export function hostileRelease(number: number, text: string): RecordedRelease {
  const bounded = text.slice(0, 200);
  const gates = gateNames.map((name) => gate(name, 'fail', { detail: text.repeat(4).slice(0, 2_000) }));
  const flags = Array.from({ length: 20 }, (_, n) => ({
    flag: `${n} ${bounded}`.slice(0, 200),
    variant: bounded,
    value: text,
  }));
  const document = verifyDocumentOf({
    ...{ run: `${'r'.repeat(60)}-${number}`, service: bounded, release: bounded, previous: bounded },
    ...{ target: text.slice(0, 2_000), baseline: null, gates, flags },
  });
  return { number, recordedAt: Date.now() - number * minute, recordedBy: bounded, document };
}
