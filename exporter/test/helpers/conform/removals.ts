import type { Fault } from './faults';

/** A body of the API without the members that faults take out of it: `no member reasons.0.code in /api/v1/cheer`. */
export function without(faults: readonly Fault[], path: string, body: object): object {
  const left = structuredClone(body);
  for (const fault of faults) {
    const [, member, place] = /^no member (\S+) in (\S+)$/.exec(fault) ?? [];
    if (member === undefined || place !== path) continue;
    const way = member.split('.');
    const last = way.pop() ?? '';
    const holder = way.reduce(
      (node, key) => node[key] as Record<string, unknown>,
      left as Record<string, unknown>,
    );
    delete holder[last];
  }
  return left;
}
