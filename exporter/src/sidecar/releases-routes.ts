import { callerOf, onlyMethod, onlyParameters, ProblemError, readInteger } from '@selfcheer/cheer-kit';
import { Router, type Request, type RequestHandler } from 'express';
import { verifyDocument, type VerifyDocument } from '../release/verify-document';
import type { RecordedRelease } from './releases-file';
import { releaseJson, verdictJson } from './releases-json';
import { releasesKept, type ReleaseStore } from './releases-store';
import { releaseVerdict, type LiveService } from './releases-verdict';
import { wholeBody } from './whole-body';

export interface ReleasesApi {
  readonly store: ReleaseStore;
  /** The services that run this version now, or did when they were last heard. */
  running(release: string): readonly LiveService[];
  /** An attempt was recorded, and not only sent again. */
  recorded(release: RecordedRelease): void;
}

export interface ReleasesGuards {
  readonly reader: RequestHandler;
  /** In front of what records: it sets the caller. */
  readonly recorder: readonly RequestHandler[];
}

export const usualPage = 20;
export const longestId = 200;
const largestBody = 64 * 1024;
const newest = Number.MAX_SAFE_INTEGER;

/**
 * | request | answer |
 * | --- | --- |
 * | POST / | 201 `{id, run, number}`; 200 with the same when that run was recorded before |
 * | GET /?limit=20&before=NUMBER | the attempts that were recorded last, newest first |
 * | GET /{id} | all attempts at one version, newest first |
 * | GET /{id}/verdict?service= | what to do with that version now |
 */
export function releasesRoutes(api: ReleasesApi, { reader, recorder }: ReleasesGuards): Router {
  const { store } = api;
  const router = Router();

  router.get('/', reader, onlyParameters('limit', 'before'), (request, response) => {
    const limit = readInteger(request, 'limit', { fallback: usualPage, from: 1, to: releasesKept });
    const before = readInteger(request, 'before', { fallback: newest, from: 1, to: newest });
    const releases = store.list({ before, limit });
    const last = releases.at(-1)?.number;
    const more = last !== undefined && store.list({ before: last, limit: 1 }).length > 0;
    response.json({
      total: store.count,
      next_before: more ? last : null,
      releases: releases.map(releaseJson),
    });
  });
  router.post('/', ...recorder, onlyParameters(), async (request, response) => {
    const document = await documentOf(request);
    if (!document) return;
    const { outcome, release } = await store.record(document, callerOf(request).name);
    const { run } = document;
    if (outcome === 'conflict') {
      const why = `Run ${run} is recorded with another document. Each attempt needs a run of its own.`;
      throw new ProblemError(409, 'run_conflict', why);
    }
    if (outcome === 'recorded') api.recorded(release);
    response.status(outcome === 'recorded' ? 201 : 200);
    response.json({ id: document.release, run, number: release.number });
  });
  router.get('/:id', reader, onlyParameters(), (request, response) => {
    const id = idOf(request);
    const attempts = store.of(id);
    if (attempts.length === 0) {
      throw new ProblemError(
        404,
        'unknown_release',
        'No attempt at a release of that version is recorded here.',
      );
    }
    response.json({ release: id, attempts: attempts.map(releaseJson) });
  });
  router.get('/:id/verdict', reader, onlyParameters('service'), (request, response) => {
    const id = idOf(request);
    const service = serviceOf(request);
    const ofService = (one: string): boolean => service === undefined || one === service;
    const attempts = store.of(id).filter(({ document }) => ofService(document.service));
    const running = api.running(id).filter((live) => ofService(live.service));
    response.json(verdictJson(id, releaseVerdict(attempts, running), Date.now()));
  });
  router.all(['/:id', '/:id/verdict'], onlyMethod('GET'));
  router.all('/', (request) => {
    throw new ProblemError(405, 'method_not_allowed', `${request.method} is not possible here.`, {
      Allow: 'GET, HEAD, POST',
    });
  });
  return router;
}

function idOf(request: Request): string {
  const id = String(request.params['id']);
  if (id.length <= longestId) return id;
  throw new ProblemError(400, 'bad_request', `A version has at most ${longestId} characters.`);
}

function serviceOf(request: Request): string | undefined {
  const { service } = request.query;
  if (service === undefined || (typeof service === 'string' && service !== '')) return service;
  throw new ProblemError(400, 'bad_query', 'service must be the name of one service.');
}

/**
 * Undefined when the caller left in the middle of it.
 *
 * @throws ProblemError for what is no such document
 */
async function documentOf(request: Request): Promise<VerifyDocument | undefined> {
  const body = await wholeBody(request, largestBody);
  if (!body) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ProblemError(400, 'bad_document', 'The body is not JSON.');
  }
  const read = verifyDocument.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue && issue.path.length > 0 ? ` at ${issue.path.join('.').slice(0, 200)}` : '';
  const why = `The body is no document of selfcheer/verify/v1${at}: ${issue?.message.slice(0, 300) ?? 'unknown'}.`;
  throw new ProblemError(400, 'bad_document', why);
}
