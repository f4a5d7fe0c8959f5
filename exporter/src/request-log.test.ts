import { createLogger } from '@selfcheer/cheer-kit';
import { logRequest } from './request-log';

function linesAt(level: 'debug' | 'info', correlationId: string | undefined): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const logger = createLogger({ service: 'shop', level, destination });
  logRequest(logger, correlationId, 'POST', 202, 0.004);
  logRequest(logger, correlationId, 'selfcheer.v1.IngestService/Ingest', 'OK', 0.002);
  return lines;
}

describe('the line of a request', () => {
  it('carries its correlation id', () => {
    expect(linesAt('debug', '0af7651916cd43dd8448eb211c80319c')).toMatchObject([
      {
        level: 'debug',
        msg: 'request',
        correlation_id: '0af7651916cd43dd8448eb211c80319c',
        ...{ method: 'POST', status_code: 202, seconds: 0.004 },
      },
      {
        correlation_id: '0af7651916cd43dd8448eb211c80319c',
        ...{ method: 'selfcheer.v1.IngestService/Ingest', code: 'OK', seconds: 0.002 },
      },
    ]);
  });

  it('carries that of the run without one', () => {
    const [line] = linesAt('debug', undefined);
    expect(line).toMatchObject({ correlation_id: expect.stringMatching(/^[\da-f-]{36}$/) });
  });

  it('is there at the level debug only', () => {
    expect(linesAt('info', 'a')).toEqual([]);
  });
});
