import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { parseTraceContext } from '../trace-context';
import { activeTraceId, remoteContext, spanContextOf, traceContextOf } from './span-context';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test.each([
  ['01', TraceFlags.SAMPLED],
  ['00', TraceFlags.NONE],
])(
  'what came with the flags %s is a remote parent, and the same again when it is sent on',
  (flags, expected) => {
    const came = parseTraceContext(`00-${traceId}-${spanId}-${flags}`, 'a=1,b=2')!;
    const parent = trace.getSpanContext(remoteContext(came))!;
    expect(parent).toMatchObject({ traceId, spanId, traceFlags: expected, isRemote: true });
    expect(parent.traceState?.get('b')).toBe('2');
    expect(traceContextOf(parent)).toEqual(came);
  },
);

test('without a trace state there is none', () => {
  const came = parseTraceContext(`00-${traceId}-${spanId}-01`)!;
  expect(traceContextOf(spanContextOf(came))).toEqual(came);
});

test('nothing came: a root', () => {
  expect(remoteContext(undefined)).toBe(ROOT_CONTEXT);
});

test('no span is active here, and none that is not valid counts', () => {
  expect(activeTraceId()).toBeUndefined();
  const get = jest.spyOn(trace, 'getActiveSpan');
  get.mockReturnValueOnce(trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId, traceFlags: 1 }));
  expect(activeTraceId()).toBeUndefined();
  get.mockReturnValueOnce(trace.wrapSpanContext({ traceId, spanId, traceFlags: 0 }));
  expect(activeTraceId()).toBe(traceId);
  get.mockRestore();
  expect(context.active()).toBe(ROOT_CONTEXT);
});
