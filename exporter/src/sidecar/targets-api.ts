import {
  cheerStates,
  jsonAnswer,
  listOf,
  objectOf,
  orNull,
  schemaRef,
  type ApiDescription,
} from '@selfcheer/cheer-kit';
import { targetLinks } from './targets-watch';

const text = { type: 'string' };
const number = { type: 'number' };
const state = { type: 'string', enum: cheerStates };

/** What a sidecar adds to the API of a service; targets-json.ts says what the fields mean. */
export const targetsApi: ApiDescription = {
  schemas: {
    Target: objectOf({
      name: text,
      url: text,
      link: { type: 'string', enum: targetLinks },
      detail: orNull(text),
      age_seconds: orNull(number),
      service: orNull(text),
      version: orNull(text),
      track: orNull(text),
      state: orNull(state),
      score: orNull(number),
      idle: orNull({ type: 'boolean' }),
      since: orNull(text),
      mode: orNull(text),
      reason: orNull(objectOf({ code: text, detail: text, since: orNull(text) })),
      last: orNull(objectOf({ state, score: orNull(number) })),
    }),
    Targets: objectOf({
      timestamp: text,
      latest_release: { type: 'integer', minimum: 0 },
      targets: listOf(schemaRef('Target')),
    }),
  },
  paths: {
    '/api/v1/targets': {
      get: {
        summary: 'The services that this sidecar looks at, and what is known of each now',
        role: 'reader',
        answers: { 200: jsonAnswer('OK', schemaRef('Targets')) },
      },
    },
    '/api/v1/targets/stream': {
      get: {
        summary: 'The same as server-sent events, once a second',
        role: 'reader',
        answers: { 200: { description: 'Events named targets', content: { 'text/event-stream': text } } },
      },
    },
  },
};
