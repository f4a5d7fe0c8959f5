import { ProblemError } from '@selfcheer/cheer-kit';
import type { Request } from 'express';
import { readAll } from './targets-request';

/**
 * The body of a request to the admin port. Undefined when the caller left in the middle of it.
 *
 * @throws ProblemError for one of more than `mostBytes`
 */
export async function wholeBody(request: Request, mostBytes: number): Promise<Buffer | undefined> {
  const tooLarge = new ProblemError(413, 'body_too_large', `The body has more than ${mostBytes} bytes.`);
  // Told before it is read, since an answer to half a request is often not heard.
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge;
  let body: Buffer | undefined;
  try {
    body = await readAll(request, mostBytes);
  } catch {
    return undefined;
  }
  if (!body) throw tooLarge;
  return body;
}
