/** Classes of traffic, least first: the order in which they are turned away. */
export const priorities = ['low', 'normal', 'high'] as const;
export type Priority = (typeof priorities)[number];

const urgency = /(?:^|,)[ \t]*u[ \t]*=[ \t]*(\d+)[ \t]*(?=[;,]|$)/g;
/** Longer ones carry nothing that we read. */
const longest = 256;

/**
 * The class of a request: its tenant's, or the lower one that it asks for by `Priority: u=0..7` (RFC 9218, 4.1): up to
 * 2 is high, up to 5 normal (3 is the default), 6 and 7 low. A producer may step back, never push ahead. What is not
 * well formed is passed over, as the RFC demands.
 */
export function priorityOf(header: string | undefined, tenants: Priority): Priority {
  if (header === undefined || header.length > longest) return tenants;
  let asked: Priority | undefined;
  // Of a member that comes twice the last one counts (RFC 8941, 3.2).
  for (const [, digits] of header.matchAll(urgency)) asked = classOf(Number(digits)) ?? asked;
  return asked !== undefined && priorities.indexOf(asked) < priorities.indexOf(tenants) ? asked : tenants;
}

function classOf(u: number): Priority | undefined {
  if (u > 7) return undefined;
  if (u <= 2) return 'high';
  return u <= 5 ? 'normal' : 'low';
}
