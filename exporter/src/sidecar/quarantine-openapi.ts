import {
  jsonAnswer,
  listOf,
  objectOf,
  orNull,
  schemaRef,
  type ApiDescription,
  type ApiParameter,
  type ApiPath,
  type JsonSchema,
} from '@selfcheer/cheer-kit';
import { quarantineReasons, type QuarantineAction } from '../event';
import { largestPage } from './quarantine-routes';

const text: JsonSchema = { type: 'string' };
const time: JsonSchema = { type: 'string', format: 'date-time' };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const position: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const said = (schema: JsonSchema, description: string): JsonSchema => ({ ...schema, description });

const item = {
  number: said(count, 'Its name in replay and discard'),
  event_id: text,
  source: text,
  type: text,
  key: text,
  tenant: text,
  traffic: { type: 'string', enum: ['real', 'synthetic'] },
  revision: count,
  timestamp: orNull(said(time, 'As the producer gave it; null when it is no date')),
  accepted_at: orNull(time),
  quarantined_at: orNull(time),
  first_quarantined_at: orNull(said(time, 'Earlier when it was replayed and came back')),
  reason: { type: 'string', enum: quarantineReasons },
  step: text,
  detail: text,
  attempts: said(count, 'How often it was tried, over all its stays'),
  trace_id: orNull(said(text, 'Null when the producer sent no trace context')),
  payload_bytes: count,
};

const schemas: Readonly<Record<string, JsonSchema>> = {
  QuarantinedEvent: objectOf(item),
  QuarantinedEventWithPayload: objectOf({ ...item, payload: said(text, 'The JSON text as it came') }),
  AuditEntry: objectOf({
    id: count,
    at: orNull(time),
    action: { type: 'string', enum: ['replay', 'discard'] },
    actor: said(text, 'Name of the API key, or anonymous'),
    via: { type: 'string', enum: ['api', 'cli', 'page'] },
    number: count,
    event_id: text,
    source: text,
    revision: count,
    reason: text,
    step: text,
    trace_id: orNull(text),
    outcome: {
      type: 'string',
      enum: ['done', 'superseded', 'failed', 'unknown'],
      description: 'Unknown: the process ended in the middle of it',
    },
  }),
};

const query = (name: string, description: string, schema: JsonSchema): ApiParameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const filters: readonly ApiParameter[] = [
  query('reason', 'Only these', { type: 'string', enum: quarantineReasons }),
  query('step', 'Only those of this step', { ...text, minLength: 1 }),
  query('since', 'Only those quarantined then or later', time),
];
const page = (before: string): ApiParameter[] => [
  query('limit', 'At most so many', { type: 'integer', minimum: 1, maximum: largestPage, default: 50 }),
  query('before', before, { ...position, minimum: 1 }),
];
const number: ApiParameter = {
  name: 'number',
  in: 'path',
  description: 'Number of the event',
  schema: { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
};
const firstListed = { number: '$response.body#/items/0/number' };
const settled = 'There is no such event in quarantine; it may be settled';

function one(action: QuarantineAction, result: string, what: string): ApiPath {
  return {
    post: {
      summary: what,
      role: 'operator',
      parameters: [number],
      answers: {
        200: jsonAnswer('Done', objectOf({ number: count, result: { type: 'string', const: result } })),
      },
      problems: {
        404: settled,
        ...(action === 'replay' && { 409: 'A later revision of the event was accepted: discard this one' }),
      },
    },
  };
}

function all(result: string, what: string): ApiPath {
  return {
    post: {
      summary: what,
      description:
        'One step: send next_after and through back as after and through until next_after is null.',
      role: 'operator',
      parameters: [
        ...filters,
        query('after', 'Only those with a greater number', position),
        query('through', 'Only those up to this number', position),
      ],
      answers: {
        200: jsonAnswer(
          'Done',
          objectOf({ [result]: count, superseded: count, next_after: orNull(count), through: count }),
        ),
      },
    },
  };
}

/** What quarantine-routes.ts serves. */
export const quarantineApi: ApiDescription = {
  schemas,
  paths: {
    '/api/v1/quarantine': {
      get: {
        summary: 'Events in quarantine, newest first',
        description: 'Go on with before until next_before is null: with a filter a page may be short.',
        role: 'reader',
        parameters: [...page('Only those with a smaller number'), ...filters],
        answers: {
          200: {
            ...jsonAnswer(
              'OK',
              objectOf({
                total: said(count, 'All, whatever is asked for'),
                next_before: orNull(count),
                items: listOf(schemaRef('QuarantinedEvent')),
              }),
            ),
            links: {
              show: { method: 'get', path: '/api/v1/quarantine/{number}', parameters: firstListed },
              replay: { method: 'post', path: '/api/v1/quarantine/{number}/replay', parameters: firstListed },
              discard: {
                method: 'post',
                path: '/api/v1/quarantine/{number}/discard',
                parameters: firstListed,
              },
              next: {
                method: 'get',
                path: '/api/v1/quarantine',
                parameters: { before: '$response.body#/next_before' },
              },
            },
          },
        },
      },
    },
    '/api/v1/quarantine/audit': {
      get: {
        summary: 'Who replayed and discarded what, latest first',
        role: 'reader',
        parameters: page('Only those with a smaller id'),
        answers: {
          200: jsonAnswer(
            'OK',
            objectOf({ next_before: orNull(count), entries: listOf(schemaRef('AuditEntry')) }),
          ),
        },
      },
    },
    '/api/v1/quarantine/{number}': {
      get: {
        summary: 'One event with its payload',
        role: 'reader',
        parameters: [number],
        answers: { 200: jsonAnswer('OK', schemaRef('QuarantinedEventWithPayload')) },
        problems: { 404: settled },
      },
    },
    '/api/v1/quarantine/{number}/replay': one(
      'replay',
      'replayed',
      'Puts one event back at the end of its lane',
    ),
    '/api/v1/quarantine/{number}/discard': one('discard', 'discarded', 'Forgets one event for good'),
    '/api/v1/quarantine/replay': all('replayed', 'The same for all that fit, oldest first'),
    '/api/v1/quarantine/discard': all('discarded', 'The same for all that fit, oldest first'),
  },
};
