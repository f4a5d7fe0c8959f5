import { textOf } from '../config/member';
import { messageOf, SelfcheerError } from '../errors';
import { bearer, httpCall } from './http';
import { maySayOtherwise, tell, type Told } from './tell';
import type { VerifyDocument } from './verify-document';

const callMs = 10_000;
const tries = 3;

/**
 * Posts a document to `/api/v1/releases` of an exporter or a sidecar. Tries three times: recording it again is no second
 * record.
 *
 * @param url admin address, without a slash at the end
 * @throws SelfcheerError `not_recorded` with the reason
 */
export async function recordRelease(
  url: string,
  document: VerifyDocument,
  { apiKey, signal, waitMs = 1_000 }: { apiKey: string | undefined; signal: AbortSignal; waitMs?: number },
): Promise<void> {
  const why = await tell(() => post(url, document, apiKey, signal), { tries, waitMs, signal });
  if (why === undefined) return;
  throw new SelfcheerError('not_recorded', `${url} did not record it: ${why}`, { retriable: true });
}

async function post(
  url: string,
  document: VerifyDocument,
  apiKey: string | undefined,
  signal: AbortSignal,
): Promise<Told> {
  try {
    const { status, body } = await httpCall(`${url}/api/v1/releases`, {
      ...{ method: 'POST', json: document, headers: bearer(apiKey), signal, timeoutMs: callMs },
    });
    if (status === 200 || status === 201) {
      // Many a program answers 200 to everything.
      if (textOf(body, 'run') === document.run) return {};
      return { why: `${status}, but not as a sidecar or an exporter does. Is it an admin address?` };
    }
    const detail = textOf(body, 'detail');
    const hint = status === 401 || status === 403 ? ' The key needs the role operator.' : '';
    return {
      why: `${status}${detail === undefined ? '' : ` ${detail.slice(0, 300)}`}.${hint}`,
      again: maySayOtherwise(status),
    };
  } catch (error) {
    return { why: messageOf(error), again: true };
  }
}
