import { runInRequest } from '../request-context';
import { extractTrace, headerText, injectTrace } from './trace-headers';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test.each([
  [{ traceparent }],
  [{ traceparent: Buffer.from(traceparent) }],
  [{ traceparent: [Buffer.from(traceparent), 'other'] }],
])('reads %p', (headers) => {
  expect(extractTrace(headers)).toEqual({ traceparent });
});

test.each([[undefined], [{}], [{ traceparent: 'nonsense' }], [{ traceparent: [] }]])(
  'finds none in %p',
  (headers) => {
    expect(extractTrace(headers)).toBeUndefined();
  },
);

test('outside of a request, headers are copied as they are', () => {
  const headers = { a: Buffer.from('x') };
  const sent = injectTrace(headers);
  expect(sent).toEqual(headers);
  expect(sent).not.toBe(headers);
});

test('the mark of synthetic traffic joins other baggage', () => {
  const request = { correlationId: 'x', synthetic: true, trace: { traceparent } };
  runInRequest(request, () => {
    expect(injectTrace({})).toEqual({ traceparent, baggage: 'selfcheer.synthetic=true' });
    const marked = 'a=b,selfcheer.synthetic=true';
    expect(injectTrace({ baggage: 'a=b' }).baggage).toBe(marked);
    expect(injectTrace({ baggage: Buffer.from('a=b') }).baggage).toBe(marked);
    expect(injectTrace({ baggage: ['a=b', Buffer.from('c=d')] }).baggage).toBe(
      'a=b,c=d,selfcheer.synthetic=true',
    );
    expect(injectTrace(new Headers({ Baggage: 'a=b' }))).toEqual({ traceparent, baggage: marked });
  });
});

test.each([
  ['Headers', () => new Headers({ Authorization: 'Bearer x', Accept: 'a' })],
  [
    'a Map',
    () =>
      new Map([
        ['authorization', 'Bearer x'],
        ['accept', 'a'],
      ]),
  ],
  [
    'pairs',
    (): [string, string][] => [
      ['authorization', 'Bearer x'],
      ['accept', 'a'],
    ],
  ],
])('takes %s, too', (_what, headers) => {
  const own = { authorization: 'Bearer x', accept: 'a' };
  expect(injectTrace(headers())).toEqual(own);
  runInRequest({ correlationId: 'x', synthetic: false, trace: { traceparent } }, () => {
    expect(injectTrace(headers())).toEqual({ ...own, traceparent });
  });
});

test('headerText takes the first of several', () => {
  expect(headerText({ a: ['x', 'y'] }, 'a')).toBe('x');
  expect(headerText({}, 'a')).toBeUndefined();
});
