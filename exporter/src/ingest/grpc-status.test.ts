import { status } from '@grpc/grpc-js';
import { callFailure, problemFailure, refusalFailure, type GrpcFailure } from './grpc-status';
import { refusal } from './intake';

/** The trailer as bytes, for a look that no schema of ours can colour. */
function packed(failure: GrpcFailure): Buffer {
  return failure.metadata.get('grpc-status-details-bin')[0] as Buffer;
}

/** `google.protobuf.Any` inside field 3 of `google.rpc.Status`. */
function any(name: string, value: number[]): Buffer {
  const url = Buffer.from(`type.googleapis.com/google.rpc.${name}`);
  const content = Buffer.from([0x0a, url.length, ...url, 0x12, value.length, ...value]);
  return Buffer.from([0x1a, content.length, ...content]);
}

const text = (field: number, value: string): number[] => [
  (field << 3) | 2,
  value.length,
  ...Buffer.from(value),
];

describe('status details', () => {
  it('have the field numbers of the public messages', () => {
    const failure = refusalFailure({ code: 'draining', detail: 'no', retryAfterSeconds: 4.2 });
    expect(packed(failure)).toEqual(
      Buffer.concat([
        Buffer.from([0x08, 14, ...text(2, 'no')]),
        any('ErrorInfo', [...text(1, 'DRAINING'), ...text(2, 'selfcheer')]),
        any('RetryInfo', [0x0a, 2, 0x08, 5]),
      ]),
    );
  });

  it('name the field in BadRequest', () => {
    const failure = problemFailure({ code: 'invalid_key', detail: 'no', field: 'key' });
    const violation = [...text(1, 'key'), ...text(2, 'no'), ...text(3, 'INVALID_KEY')];
    expect(packed(failure).includes(any('BadRequest', [0x0a, violation.length, ...violation]))).toBe(true);
  });

  it('are cut short, and have no half surrogate pairs, on which grpc-js throws', () => {
    const { details, metadata } = callFailure('bad_request', `\ud800${'é'.repeat(5000)}`);
    expect(details).toBe(`\ufffd${'é'.repeat(999)}`);
    expect(() => encodeURI(details)).not.toThrow();
    expect(String(metadata.toHttp2Headers()['grpc-status-details-bin']).length).toBeLessThan(8000);
  });

  it.each([
    ['quota_exceeded', status.RESOURCE_EXHAUSTED],
    ['overloaded', status.RESOURCE_EXHAUSTED],
    ['buffer_full', status.RESOURCE_EXHAUSTED],
    ['store_full', status.RESOURCE_EXHAUSTED],
    ['draining', status.UNAVAILABLE],
    ['store_fenced', status.UNAVAILABLE],
    ['unavailable', status.UNAVAILABLE],
    ['internal', status.INTERNAL],
  ] as const)('of %s carry RetryInfo', (code, expected) => {
    const failure = refusalFailure(refusal(code, 'no'));
    expect(failure.code).toBe(expected);
    expect(packed(failure).includes('google.rpc.RetryInfo')).toBe(true);
  });
});
