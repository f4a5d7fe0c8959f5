import { kitSchemas } from './api-schemas';
import { jsonAnswer, listOf, objectOf, schemaRef, type ApiDescription, type ApiPath } from './openapi';
import { durationPattern } from './query';

const probe = (summary: string, fails: string): ApiPath => ({
  get: {
    summary,
    answers: { 200: jsonAnswer('Yes', schemaRef('Probe')), 503: jsonAnswer(fails, schemaRef('Probe')) },
  },
});

/** Something to read that takes no parameter. */
const plain = (summary: string, schema: Readonly<Record<string, unknown>>): ApiPath => ({
  get: { summary, role: 'reader', answers: { 200: jsonAnswer('OK', schema) } },
});

const sequence = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const scrape = { type: 'string' };

/** What the kit serves itself; admin-app.ts and api-routes.ts are the routes. */
export const kitApi: ApiDescription = {
  schemas: kitSchemas,
  paths: {
    '/healthz': probe('Is the process alive?', 'A restart would help'),
    '/readyz': probe('May it get work?', 'It drains, or something that it needs is away'),
    '/health': {
      get: {
        summary: 'Every check with its detail',
        role: 'reader',
        answers: {
          200: jsonAnswer('The work is done safely', schemaRef('Health')),
          503: jsonAnswer('It is not', schemaRef('Health')),
        },
      },
    },
    '/metrics': {
      get: {
        summary: 'Metrics: OpenMetrics when Accept prefers it, else plain text',
        role: 'reader',
        answers: {
          200: {
            description: 'OK',
            content: { 'text/plain': scrape, 'application/openmetrics-text': scrape },
          },
        },
      },
    },
    '/api/v1/summary': plain('All that the live page draws', schemaRef('Summary')),
    '/api/v1/cheer': {
      get: {
        summary: 'The health cheer with its reasons, and on demand its recent past',
        role: 'reader',
        parameters: [
          {
            name: 'window',
            in: 'query',
            description: 'How far to look back: seconds, minutes or hours, such as 300, 5m or 1h',
            schema: { type: 'string', pattern: durationPattern },
          },
        ],
        answers: { 200: jsonAnswer('OK', schemaRef('CheerWithWindow')) },
      },
    },
    '/api/v1/slo': plain('SLOs and their error budgets', objectOf({ slos: listOf(schemaRef('Slo')) })),
    '/api/v1/pipeline': plain('Stages, queues, breakers and lanes', schemaRef('Pipeline')),
    '/api/v1/resources': plain('What the process uses', schemaRef('Resources')),
    '/api/v1/breakers': plain('Breakers', objectOf({ breakers: listOf(schemaRef('Breaker')) })),
    '/api/v1/flags': plain('Feature flags', objectOf({ flags: listOf(schemaRef('Flag')) })),
    '/api/v1/events': {
      get: {
        summary: 'Recent cheer events, oldest first',
        role: 'reader',
        parameters: [
          { name: 'after', in: 'query', description: 'Only those with a greater sequence', schema: sequence },
        ],
        answers: {
          200: jsonAnswer(
            'OK',
            objectOf({
              latest_sequence: { type: 'integer', minimum: 0 },
              events: listOf(schemaRef('CheerEvent')),
            }),
          ),
        },
      },
    },
    '/api/v1/stream': {
      get: {
        summary: 'The same as server-sent events',
        description:
          'Goes on until the client leaves. `summary` has the summary without `caller`, once a second; `cheer` the two totals when they have grown; state, miss, quarantine, flag and release one cheer event, whose sequence is the id. With Last-Event-ID it resumes.',
        role: 'reader',
        answers: { 200: { description: 'OK', content: { 'text/event-stream': { type: 'string' } } } },
      },
    },
    '/api/v1/openapi.json': plain('This document', { type: 'object' }),
  },
};
