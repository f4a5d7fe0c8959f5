import type { VerifyDocument } from '../../src/release/verify-document';

/** What `selfcheer verify` found of a release, changed where a test wants it. */
export function verifyDocumentOf(change: Partial<VerifyDocument> = {}): VerifyDocument {
  return {
    schema: 'selfcheer/verify/v1',
    ...{ run: 'verify-1', service: 'shop', release: '2.0.0', previous: '1.9.0', verdict: 'fail' },
    ...{ started_at: '2026-11-22T01:00:00.000Z', ended_at: '2026-11-22T01:00:12.500Z' },
    ...{ target: 'http://canary:9464', baseline: 'http://stable:9464' },
    gates: [
      { name: 'readiness', verdict: 'pass', detail: 'It is ready.', figures: {} },
      { name: 'published', verdict: 'fail', detail: '3 of 9 | <published>', figures: { accepted: 9 } },
    ],
    flags: [{ flag: 'fast', variant: 'on', value: true }],
    ...change,
  };
}
