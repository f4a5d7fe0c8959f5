/** W3C trace context, ready to be sent on. */
export interface TraceContext {
  /** Version 00: `00-<trace id>-<parent id>-<flags>`. */
  readonly traceparent: string;
  readonly tracestate?: string;
}

type HeaderValue = string | readonly string[] | undefined;

const parentFormat = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const memberFormat =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const maxMembers = 32;
/** The Recommendation asks for at least 512 characters; longer ones are not carried through the store. */
const maxStateLength = 512;

/**
 * Reads the headers `traceparent` and `tracestate` (W3C Trace Context, Recommendation 2021). A traceparent that is
 * not valid, or that came more than once, gives undefined: a new trace begins. A newer version is read by its first
 * four fields and sent on as version 00 (section 4.3.1). A tracestate that is not valid is left out and the
 * traceparent kept (section 3.3.1.4); it may come in several headers.
 */
export function parseTraceContext(
  traceparent: HeaderValue,
  tracestate?: HeaderValue,
): TraceContext | undefined {
  if (typeof traceparent !== 'string') {
    return traceparent?.length === 1 ? parseTraceContext(traceparent[0], tracestate) : undefined;
  }
  const match = parentFormat.exec(traceparent.trim());
  if (!match) return undefined;
  const [, version, traceId, parentId, flags, rest] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  // Of a newer version only the sampled bit is known to mean the same.
  const known = version === '00' ? flags : (parseInt(flags, 16) & 1).toString().padStart(2, '0');
  const state = parseState(typeof tracestate === 'object' ? tracestate.join(',') : tracestate);
  return { traceparent: `00-${traceId}-${parentId}-${known}`, ...(state && { tracestate: state }) };
}

function parseState(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length > maxMembers || !members.every((member) => memberFormat.test(member))) return undefined;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  const joined = members.join(',');
  return keys.size === members.length && joined.length <= maxStateLength ? joined : undefined;
}

/** The 32 hex digits that all spans of the trace share. */
export function traceIdOf({ traceparent }: TraceContext): string {
  return traceparent.slice(3, 35);
}

/** Whether the caller may have recorded the trace: only such an id is worth an exemplar. */
export function isSampled({ traceparent }: TraceContext): boolean {
  return (parseInt(traceparent.slice(53, 55), 16) & 1) === 1;
}
