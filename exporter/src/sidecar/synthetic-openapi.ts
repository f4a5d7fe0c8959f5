import {
  jsonAnswer,
  listOf,
  objectOf,
  orNull,
  schemaRef,
  type ApiDescription,
  type JsonSchema,
} from '@selfcheer/cheer-kit';
import { syntheticStatuses } from '../event';

const time: JsonSchema = { type: 'string', format: 'date-time' };
const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description });

/** What synthetic-routes.ts serves. */
export const syntheticApi: ApiDescription = {
  schemas: {
    SyntheticRun: objectOf({
      run: { type: 'string' },
      events: listOf(
        objectOf({
          event_id: { type: 'string', description: 'The run, a slash, and the number of the event' },
          status: {
            type: 'string',
            enum: syntheticStatuses,
            description: 'accepted: in the store and on its way; published: the sink has acknowledged it',
          },
          accepted_at: orNull(time),
          settled_at: orNull(time),
        }),
      ),
      accepted: count('All of them, wherever they are now'),
      published: count('The sink has acknowledged them'),
      quarantined: count('Refused for good, by enrichment or the sink'),
      dropped: count('By an enrichment step'),
      untracked: count('Accepted, but with a number above 10,000: nothing more is known of them'),
      first_at: orNull(time),
      last_at: orNull(time),
    }),
  },
  paths: {
    '/api/v1/synthetic/{run}': {
      get: {
        summary: 'What became of the synthetic events of one run',
        description:
          'Of events with ids such as run-7/12 that came with the baggage selfcheer.synthetic=true. The last 64 runs, 10,000 events each, since the start of the process.',
        role: 'reader',
        parameters: [
          {
            name: 'run',
            in: 'path',
            description: 'Id of the run',
            schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
          },
        ],
        answers: { 200: jsonAnswer('OK', schemaRef('SyntheticRun')) },
        problems: { 404: 'Nothing of that run was seen, or it is forgotten' },
      },
    },
  },
};
