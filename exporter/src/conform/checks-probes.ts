import { z } from 'zod';
import { parsed, told } from './admin-port';
import { met, missed, unless, type Check } from './finding';

const status = z.enum(['ok', 'degraded', 'failed']);
const probeSchema = z.looseObject({ status: z.enum(['ok', 'failed']) });
const healthSchema = z.looseObject({
  status,
  timestamp: z.iso.datetime({ offset: true }),
  checks: z.record(z.string(), z.looseObject({ status, detail: z.string() })),
});
const cheerSchema = z.looseObject({
  state: z.enum(['warming', 'green', 'yellow', 'red', 'disabled']),
  score: z.number().min(0).max(100).nullable(),
  since: z.iso.datetime({ offset: true }),
  reasons: z.array(z.looseObject({ code: z.string(), detail: z.string().min(1), since: z.string() })),
  conditions: z
    .array(
      z.looseObject({
        name: z.string(),
        ok: z.boolean(),
        figure: z.number().nullable(),
        limit: z.number(),
        detail: z.string().min(1),
      }),
    )
    .min(1),
  cheers_total: z.number().int(),
  misses_total: z.number().int(),
});
const slosSchema = z.looseObject({
  slos: z
    .array(
      z.looseObject({
        name: z.string(),
        objective_ratio: z.number(),
        good: z.number(),
        bad: z.number(),
        budget_remaining_ratio: z.number(),
      }),
    )
    .min(1),
});
export const summarySchema = z.looseObject({ service: z.string().min(1), version: z.string().min(1) });

/** Probes of the admin port. */
export const probeChecks: readonly Check[] = [
  probe(
    'liveness',
    '/healthz',
    'Liveness tells only that the process answers: serve the admin port of the kit.',
  ),
  probe(
    'readiness',
    '/readyz',
    'The service is up and not ready: /health names the check that fails; only what requests need belongs to readiness.',
  ),
  {
    id: 'health',
    expected: 'GET /health answers 200 with {status, timestamp, checks: {name: {status, detail}}}',
    mend: 'Serve the admin port of the kit and give createService the checks; mend what a failed check names.',
    async run({ admin }) {
      const answer = await admin.get('/health');
      const { data, error } = healthSchema.safeParse(parsed(answer.text));
      if (error) return missed(`${answer.status}, and ${firstIssue(error)}`);
      const failed = Object.entries(data.checks).filter(([, check]) => check.status === 'failed');
      const problems = failed.map(([name, { detail }]) => `the check ${name} fails: ${detail}`);
      if (answer.status !== 200) problems.push(`status ${answer.status}`);
      return unless(problems, `${data.status}, ${Object.keys(data.checks).length} checks`);
    },
  },
];

/** The cheer as the API tells it. */
export const cheerChecks: readonly Check[] = [
  {
    id: 'cheer-api',
    expected:
      '/api/v1/summary, cheer and slo answer as docs/api.md says; a state that is not green has reasons, each condition its figure and limit',
    mend: 'Serve the admin port of the kit, and let its engine judge: it gives every verdict its reasons.',
    async run({ admin }) {
      const read = async (path: string, schema: z.ZodType): Promise<string[]> => {
        const { error } = schema.safeParse(await admin.json(path));
        return error ? [`${path}: ${firstIssue(error)}`] : [];
      };
      const problems = [
        ...(await read('/api/v1/summary', summarySchema)),
        ...(await read('/api/v1/cheer', cheerSchema)),
        ...(await read('/api/v1/slo', slosSchema)),
      ];
      const { data } = cheerSchema.safeParse(await admin.json('/api/v1/cheer'));
      if (data) {
        const { state, score, reasons } = data;
        const judged = state !== 'warming' && state !== 'disabled';
        if (judged !== (score !== null)) problems.push(`state ${state} with score ${score}`);
        if ((state === 'yellow' || state === 'red') && reasons.length === 0) {
          problems.push(`state ${state} without a reason`);
        }
      }
      return unless(problems, data ? `${data.state}, score ${data.score ?? 'none'}` : '');
    },
  },
];

function probe(id: string, path: string, mend: string): Check {
  return {
    id,
    expected: `GET ${path} answers 200 with {"status": "ok"}, without credentials`,
    mend,
    async run({ admin }) {
      const answer = admin.probe(path);
      const seen = await told(answer);
      const { status, text } = await answer;
      const { data } = probeSchema.safeParse(parsed(text));
      return status === 200 && data?.status === 'ok' ? met(seen) : missed(seen);
    },
  };
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'not as expected'}`;
}
