import { longestProfileSeconds, profileKinds, type ProfileKind } from '../profile/profiler';
import { jsonAnswer, objectOf, type ApiDescription, type ApiPath, type JsonSchema } from './openapi';

const list: JsonSchema = { type: 'array' };
const whole: JsonSchema = { type: 'number' };

const what = {
  cpu: {
    summary: 'Where the time of the next seconds goes: a CPU profile',
    schema: objectOf(
      { nodes: list, startTime: whole, endTime: whole, samples: list, timeDeltas: list },
      'A .cpuprofile: Profiler.Profile of the Chrome DevTools Protocol',
    ),
  },
  heap: {
    summary: 'What is allocated in the next seconds and stays: a heap sampling profile',
    schema: objectOf(
      { head: { type: 'object' }, samples: list },
      'A .heapprofile: HeapProfiler.SamplingHeapProfile of the Chrome DevTools Protocol',
    ),
  },
} as const;

const path = (kind: ProfileKind): ApiPath => ({
  post: {
    summary: what[kind].summary,
    description: 'It answers when the time is over; who goes away before gets nothing and ends it.',
    role: 'operator',
    parameters: [
      {
        name: 'seconds',
        in: 'query',
        description: 'How long',
        schema: { type: 'integer', minimum: 1, maximum: longestProfileSeconds, default: 10 },
      },
      {
        name: 'thread',
        in: 'query',
        description: 'main, or the name of a worker thread',
        schema: { type: 'string', default: 'main' },
      },
    ],
    answers: { 200: jsonAnswer('The profile', what[kind].schema) },
    problems: { 409: 'Another profile is being taken' },
  },
});

/** What profile-routes.ts serves. */
export const profileApi: ApiDescription = {
  schemas: {},
  paths: Object.fromEntries(profileKinds.map((kind) => [`/api/v1/profile/${kind}`, path(kind)])),
};
