import { withCorrelation, type Logger } from '@selfcheer/cheer-kit';

/**
 * One line for each request, at the level debug only: there may be ten thousands a second. By its trace id or request id
 * it can be found again; without one it is a line of this run.
 *
 * @param outcome status of HTTP, or code of gRPC
 */
export function logRequest(
  logger: Logger,
  correlationId: string | undefined,
  method: string,
  outcome: number | string,
  seconds: number,
): void {
  if (!logger.isLevelEnabled('debug')) return;
  const own = correlationId === undefined ? logger : withCorrelation(logger, correlationId);
  const ended = typeof outcome === 'number' ? { status_code: outcome } : { code: outcome };
  own.debug({ method, ...ended, seconds }, 'request');
}
