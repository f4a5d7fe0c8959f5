import {
  cheerStates,
  jsonAnswer,
  listOf,
  objectOf,
  orNull,
  releaseTracks,
  schemaRef,
  type ApiDescription,
  type ApiParameter,
  type JsonSchema,
} from '@selfcheer/cheer-kit';
import { z } from 'zod';
import { verifyDocument } from '../release/verify-document';
import { longestId, usualPage } from './releases-routes';
import { releasesKept } from './releases-store';
import { verdictCodes } from './releases-verdict';

const text: JsonSchema = { type: 'string' };
const time: JsonSchema = { type: 'string', format: 'date-time' };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const verdict: JsonSchema = { type: 'string', enum: ['pass', 'fail', 'inconclusive'] };
const said = (schema: JsonSchema, description: string): JsonSchema => ({ ...schema, description });

const { $schema: _draft, ...document } = z.toJSONSchema(verifyDocument) as {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly [keyword: string]: unknown;
};

const id: ApiParameter = {
  name: 'id',
  in: 'path',
  description: 'Version of the release',
  schema: { type: 'string', minLength: 1, maxLength: longestId },
};
const query = (name: string, description: string, schema: JsonSchema): ApiParameter => ({
  ...{ name, in: 'query', description, schema },
});
const recorded = objectOf({
  id: said(text, 'Version of the release'),
  run: text,
  number: count,
});

/** What releases-routes.ts serves. */
export const releasesApi: ApiDescription = {
  schemas: {
    VerifyDocument: said(document, 'What selfcheer verify found'),
    RecordedRelease: objectOf({
      number: said(count, 'Grows by one for each that is recorded'),
      recorded_at: orNull(time),
      recorded_by: said(text, 'Name of the API key, or anonymous'),
      ...document.properties,
    }),
    ReleaseVerdict: objectOf({
      schema: { type: 'string', const: 'selfcheer/verdict/v1' },
      release: text,
      verdict,
      reasons: listOf(
        objectOf({ code: { type: 'string', enum: verdictCodes }, detail: text }, 'The weightiest first'),
      ),
      run: orNull(said(text, 'The attempt that it rests on; null without one')),
      recorded_at: orNull(time),
      live: {
        ...objectOf({
          state: { type: 'string', enum: cheerStates },
          score: orNull({ type: 'number' }),
          version: text,
          track: said(text, releaseTracks.join(', ')),
        }),
        type: ['object', 'null'],
        description: 'The service that runs it, the worst of several; null when none of them answers',
      },
      checked_at: orNull(time),
    }),
  },
  paths: {
    '/api/v1/releases': {
      get: {
        summary: 'The attempts at releases that were recorded last, newest first',
        role: 'reader',
        parameters: [
          query('limit', 'At most so many', {
            ...{ type: 'integer', minimum: 1, maximum: releasesKept, default: usualPage },
          }),
          query('before', 'Only those with a smaller number', {
            ...{ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
          }),
        ],
        answers: {
          200: jsonAnswer(
            'OK',
            objectOf({
              total: said(count, `All that are kept; the last ${releasesKept} are`),
              next_before: orNull(count),
              releases: listOf(schemaRef('RecordedRelease')),
            }),
          ),
        },
      },
      post: {
        summary: 'Records an attempt at a release',
        description: 'Once for each run: sent again, the same document changes nothing.',
        role: 'operator',
        body: schemaRef('VerifyDocument'),
        answers: {
          200: jsonAnswer('It was recorded before', recorded),
          201: jsonAnswer('Recorded', recorded),
        },
        problems: {
          403: 'It comes from a foreign page, or nothing is recorded here',
          409: 'The run is recorded with another document',
          413: 'The body is too large',
        },
      },
    },
    '/api/v1/releases/{id}': {
      get: {
        summary: 'All attempts at one version, newest first',
        role: 'reader',
        parameters: [id],
        answers: {
          200: jsonAnswer('OK', objectOf({ release: text, attempts: listOf(schemaRef('RecordedRelease')) })),
        },
        problems: { 404: 'No attempt at that version is recorded here' },
      },
    },
    '/api/v1/releases/{id}/verdict': {
      get: {
        summary: 'What to do with a release now',
        description:
          'From its newest attempt and from how the service that runs it is; inconclusive when either is not known.',
        role: 'reader',
        parameters: [
          id,
          query('service', 'Only of this service, where several number their releases alike', {
            ...text,
            minLength: 1,
          }),
        ],
        answers: { 200: jsonAnswer('OK', schemaRef('ReleaseVerdict')) },
      },
    },
  },
};
