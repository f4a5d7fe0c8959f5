import { trace } from '@opentelemetry/api';
import { createLogger, withCorrelation } from './logger';
import { runInRequest } from './request-context';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

function setUp() {
  const ids: string[] = [];
  const logger = createLogger({
    service: 'shop',
    level: 'info',
    destination: {
      write: (line) => void ids.push((JSON.parse(line) as { correlation_id: string }).correlation_id),
    },
  });
  return { logger, ids };
}

afterEach(() => jest.restoreAllMocks());

function activate(): void {
  const span = trace.wrapSpanContext({ traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 });
  jest.spyOn(trace, 'getActiveSpan').mockReturnValue(span);
}

test('a line says what it belongs to: bound, then the active span, then the request, then the run', () => {
  const { logger, ids } = setUp();
  logger.info('run');
  runInRequest({ correlationId: 'request-1' }, () => {
    logger.child({ lane: 1 }).info('request');
    activate();
    logger.info('span');
    withCorrelation(logger, 'bound').info('bound');
  });
  logger.info('span');
  jest.restoreAllMocks();
  logger.info('run again');
  expect(ids.slice(1, 5)).toEqual(['request-1', traceId, 'bound', traceId]);
  expect(ids[5]).toBe(ids[0]);
  expect(ids[0]).not.toBe('request-1');
});
