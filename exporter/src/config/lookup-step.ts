import { z } from 'zod';
import { field, singlePath, types } from './step-values';
import { longestMs, longestSeconds } from './timer-limits';
import { urlTemplateProblem } from './url-template';

const positive = z.number().int().positive();
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** They follow from the connection. */
const ownHeaders = new Set([
  ...['accept-encoding', 'connection', 'content-length', 'expect', 'host', 'keep-alive'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

const name = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'is not 1 to 64 letters, digits, dots, underscores and hyphens')
  // The sinks have these names: metrics would mix them up.
  .refine((text) => text !== 'kafka' && text !== 'log', 'is the name of a sink: choose another')
  .optional()
  .describe('Name of the downstream in metrics, spans, cheer and quarantine; default: as for any step');

const url = z
  .string()
  .superRefine((text, context) => {
    const message = urlTemplateProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('`{user.country}` in path or query is that value of the payload, percent-encoded');

const headers = z
  .record(
    z
      .string()
      .regex(headerName, 'is not a header name')
      .refine((text) => !ownHeaders.has(text.toLowerCase()), 'is a header that can not be chosen'),
    z.string().regex(/^[\t\x20-\x7e]*$/, 'is not printable ASCII'),
  )
  .default({})
  .describe('Sent with every call, for instance `authorization`')
  .meta({ secret: true });

const concurrency = z.strictObject({
  slots: positive.default(32).describe('Calls at the same time'),
  queue: positive.default(20_000).describe('Calls that may wait for a slot, until their `deadlineMs`'),
});

const breaker = z
  .strictObject({
    threshold: z.number().positive().lt(1).default(0.5).describe('Share of failed calls that opens it'),
    minimumCalls: positive.default(10).describe('The share counts from so many calls on'),
    windowSeconds: z
      .number()
      .positive()
      .max(longestSeconds)
      .default(10)
      .describe('Calls of this time are counted'),
    sleepSeconds: z
      .number()
      .positive()
      .max(longestSeconds)
      .default(0.5)
      .describe('Open for so long before a probe; doubles'),
    maxSleepSeconds: z
      .number()
      .positive()
      .max(longestSeconds)
      .default(5)
      .describe('Longest time before the next probe'),
  })
  .refine(({ sleepSeconds, maxSleepSeconds }) => sleepSeconds <= maxSleepSeconds, {
    path: ['maxSleepSeconds'],
    message: 'is less than sleepSeconds',
  });

const cache = z.strictObject({
  entries: positive.default(10_000).describe('Most answers that are remembered'),
  bytes: positive.default(16 * 2 ** 20).describe('Most bytes that they take'),
  ttlSeconds: z.number().min(0).default(60).describe('For so long an answer is used again'),
  staleSeconds: z.number().min(0).default(3_600).describe('For so long after that it may still stand in'),
});

/** A field from an HTTP service: `enrich` step `lookup`. */
export const lookupStep = z
  .strictObject({
    step: z.literal('lookup'),
    name,
    url,
    discovery: z
      .enum(['static', 'dns', 'consul'])
      .default('static')
      .describe(
        'dns: all addresses of the host in turn; consul: the host is a service, its instances in turn',
      ),
    field: field.describe('Receives the answer'),
    select: singlePath.optional().describe('The part of the answer to keep, null without it; default: all'),
    types,
    headers,
    timeoutMs: positive.max(longestMs).default(1_000).describe('One attempt may take this long'),
    deadlineMs: positive
      .max(3_600_000)
      .default(30_000)
      .describe('A call waits no longer, for a slot or its next attempt: there is then no answer'),
    attempts: positive.max(10).default(3).describe('Attempts of one call, the first included'),
    maxResponseBytes: positive
      .max(2 ** 20)
      .default(64 * 1024)
      .describe('A larger answer quarantines its event'),
    concurrency: concurrency.prefault({}),
    breaker: breaker.prefault({}),
    cache: cache.prefault({}),
    onMissing: z
      .enum(['skip', 'quarantine'])
      .default('skip')
      .describe('The payload has no usable value for `url`: leave the field out, or quarantine'),
    onFailure: z
      .enum(['retry', 'stale', 'skip', 'quarantine'])
      .default('retry')
      .describe('No answer: wait and retry; a stale one if there is, or else retry; leave out; quarantine'),
    notFound: z
      .enum(['null', 'quarantine'])
      .default('null')
      .describe('404: the field is null, or quarantine'),
  })
  .describe('Adds what an HTTP service answers; frozen with the event, so that a retry sends the same bytes');
