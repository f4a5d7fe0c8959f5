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
    expect(injectTrace({ baggage: 'a=b' }).baggage).toBe('a=b,selfcheer.synthetic=true');
  });
});

test('headerText takes the first of several', () => {
  expect(headerText({ a: ['x', 'y'] }, 'a')).toBe('x');
  expect(headerText({}, 'a')).toBeUndefined();
});
