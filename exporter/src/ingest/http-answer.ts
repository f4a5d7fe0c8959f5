import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Totals } from './group-pipeline';
import { problemBody, problemInfo, type ProblemCode, type Refusal } from './problem';

const comma = Buffer.from(',');
/** Up to this size one write is cheaper than many. */
const oneWrite = 64 * 1024;
/** How long what a client still sends is read and thrown away, so that it gets our answer and no reset. */
const lingerMs = 2_000;
/** A client that has not read a large answer by then is cut off. */
const largeAnswerMs = 60_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Buffer<ArrayBuffer>[];
}

/** A whole request that ended with a problem (RFC 9457). `totals`: what was taken before it did. */
export function problemAnswer(
  code: ProblemCode,
  detail: string,
  requestId: string,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly totals?: Totals | undefined } = {},
): Answer {
  const members = problemBody(code, detail, { request_id: requestId });
  return {
    status: problemInfo(code).status,
    headers: { 'content-type': 'application/problem+json', ...more.headers },
    body: more.totals ? withTotals(members, more.totals) : [Buffer.from(JSON.stringify(members))],
  };
}

/** 429 or 503: says when to come back (Retry-After, and `RateLimit` of the IETF draft with nothing remaining). */
export function refusalAnswer(why: Refusal, requestId: string, totals?: Totals): Answer {
  const seconds = Math.max(1, Math.ceil(why.retryAfterSeconds));
  const headers = { 'retry-after': String(seconds), ratelimit: `"${why.code}";r=0;t=${seconds}` };
  const { status } = problemInfo(why.code);
  return problemAnswer(why.code, why.detail, requestId, {
    totals,
    headers: status === 429 || status === 503 ? headers : {},
  });
}

/** 202 when every event was taken, 207 when some were; when none was, 400 or what its only event calls for. */
export function totalsAnswer(totals: Totals, minimal: boolean, requestId: string): Answer {
  const applied: Record<string, string> = minimal ? { 'preference-applied': 'return=minimal' } : {};
  const taken = totals.accepted + totals.duplicates;
  if (taken > 0 || !totals.firstProblem) {
    const status = totals.rejected > 0 ? 207 : 202;
    return {
      status,
      headers: { 'content-type': 'application/json', ...applied },
      body: withTotals({}, totals),
    };
  }
  const { code, detail } = totals.firstProblem;
  return totals.rejected === 1
    ? problemAnswer(code, detail, requestId, { headers: applied, totals })
    : problemAnswer(
        'all_rejected',
        `All ${totals.rejected} events were rejected; the first: ${detail}`,
        requestId,
        {
          headers: applied,
          totals,
        },
      );
}

function withTotals(members: Readonly<Record<string, unknown>>, totals: Totals): Buffer<ArrayBuffer>[] {
  const { accepted, duplicates, rejected, unlisted, results, cheer } = totals;
  const head = JSON.stringify({
    ...members,
    accepted,
    duplicates,
    rejected,
    ...(unlisted > 0 && { unlisted }),
  });
  const body = [Buffer.from(`${head.slice(0, -1)},"results":[`)];
  for (let i = 0; i < results.length; i++) {
    if (i > 0) body.push(comma);
    body.push(results[i] as Buffer<ArrayBuffer>);
  }
  body.push(Buffer.from(`],"cheer":${JSON.stringify({ state: cheer.state, score: cheer.score })}}`));
  return body;
}

/**
 * Writes the answer. When the client is still sending, the connection ends after it: what comes is thrown away for a
 * moment, because closing at once would reset the connection and lose the answer on its way.
 */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  requestId: string,
): void {
  if (response.destroyed || response.headersSent) return;
  let length = 0;
  for (const piece of answer.body) length += piece.length;
  const headers: Record<string, string | number> = {
    ...answer.headers,
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
  };
  // RFC 9110, 8.6: an answer without content has no length either.
  if (answer.status !== 204) headers['content-length'] = length;
  const whole = isRead(request);
  if (!whole) headers['connection'] = 'close';
  response.writeHead(answer.status, headers);
  if (length <= oneWrite) response.write(Buffer.concat(answer.body));
  else {
    for (const piece of answer.body) response.write(piece);
    // Its memory is ours until the client has read it.
    const timer = setTimeout(() => response.destroy(), largeAnswerMs);
    response.once('close', () => clearTimeout(timer));
  }
  if (whole) response.end();
  else linger(request, response);
}

/** True when nothing more of this request is to come. */
export function isRead(request: IncomingMessage): boolean {
  return request.complete || !hasBody(request);
}

export function withHeaders(answer: Answer, more: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...more } };
}

function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

function linger(request: IncomingMessage, response: ServerResponse): void {
  const done = (): void => {
    clearTimeout(timer);
    request.off('end', done).off('close', done);
    response.end();
  };
  const timer = setTimeout(done, lingerMs);
  request.on('end', done).on('close', done).resume();
}
