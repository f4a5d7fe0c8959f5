import fc from 'fast-check';
import { isSampled, parseTraceContext, traceIdOf } from './trace-context';

const id = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const valid = `00-${id}-${parent}-01`;

test('a valid traceparent is passed on as it came', () => {
  expect(parseTraceContext(valid)).toEqual({ traceparent: valid });
  expect(parseTraceContext([valid])).toEqual({ traceparent: valid });
  expect(parseTraceContext(` ${valid} `)).toEqual({ traceparent: valid });
  expect(traceIdOf({ traceparent: valid })).toBe(id);
});

test.each([
  ['nothing', undefined],
  ['empty', ''],
  ['twice', [valid, valid]],
  ['no headers', []],
  ['upper case', valid.toUpperCase()],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${parent}-01`],
  ['a parent id of zeros', `00-${id}-${'0'.repeat(16)}-01`],
  ['version ff', `ff-${id}-${parent}-01`],
  ['version 00 with more fields', `${valid}-more`],
  ['short trace id', `00-${id.slice(1)}-${parent}-01`],
  ['no flags', `00-${id}-${parent}`],
  ['flags that are no hex', `00-${id}-${parent}-0x`],
  ['a newer version that goes on without a dash', `cc-${id}-${parent}-01more`],
])('no trace: %s', (_what, header) => {
  expect(parseTraceContext(header, 'a=b')).toBeUndefined();
});

test('a newer version is read by its first fields and sent on as version 00', () => {
  expect(parseTraceContext(`cc-${id}-${parent}-ff-what-the-future-brings`)).toEqual({ traceparent: valid });
  expect(parseTraceContext(`01-${id}-${parent}-02`)).toEqual({ traceparent: `00-${id}-${parent}-00` });
});

test.each([
  ['one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
  ['blanks and empty members', ' a=1 ,, b=2 ', 'a=1,b=2'],
  ['several headers', ['a=1', 'b=2,c=3'], 'a=1,b=2,c=3'],
  ['a tenant', 'fw529a3039@dt=FfAAAA', 'fw529a3039@dt=FfAAAA'],
  ['nothing', undefined, undefined],
  ['empty', '', undefined],
  ['a key twice', 'a=1,a=2', undefined],
  ['an upper-case key', 'A=1', undefined],
  ['no value', 'a', undefined],
  ['33 members', Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(), undefined],
  ['more than 512 characters', `a=${'x'.repeat(250)},b=${'x'.repeat(250)},c=${'x'.repeat(100)}`, undefined],
  ['a line break', 'a=1\r\nx: y', undefined],
])('tracestate: %s; the traceparent stays whatever it is', (_what, header, expected) => {
  expect(parseTraceContext(valid, header)).toEqual({
    traceparent: valid,
    ...(expected !== undefined && { tracestate: expected }),
  });
});

test('sampled by the lowest bit of the flags', () => {
  const flags = (text: string): boolean => isSampled({ traceparent: `00-${id}-${parent}-${text}` });
  expect(['00', '01', '02', '03', 'ff'].map(flags)).toEqual([false, true, false, true, true]);
});

test('whatever comes, the answer is none or a valid version 00', () => {
  const near = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABC-, =\r\n'), maxLength: 70 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), fc.oneof(near, fc.string()), (traceparent, tracestate) => {
      for (const context of [
        parseTraceContext(traceparent, tracestate),
        parseTraceContext(valid, tracestate),
      ]) {
        if (!context) continue;
        expect(context.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
        expect(context.tracestate ?? '').toMatch(/^[\x20-\x7e]*$/);
      }
    }),
  );
});
