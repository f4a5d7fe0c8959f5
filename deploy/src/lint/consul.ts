import { at, list, text, type Tree } from './tree';

/** Asked for readiness, and forgotten when it is gone for good. Consul takes a minute at least. */
export function consul(definition: Tree): readonly string[] {
  const checks = list(definition, 'service', 'checks');
  if (checks.length === 0) return ['has no check: it would be passing for ever'];
  return checks.flatMap((check) => {
    const problems: string[] = [];
    const path = URL.canParse(text(check, 'http'))
      ? new URL(text(check, 'http')).pathname
      : text(check, 'http');
    if (path !== '/readyz') problems.push(`asks ${path}, not /readyz`);
    const after = /^(\d+)s$/.exec(text(check, 'deregister_critical_service_after'))?.[1];
    if (!(Number(after) >= 60)) problems.push('has no deregister_critical_service_after of 60s or more');
    if (at(check, 'timeout') === undefined) problems.push('has no timeout');
    return problems;
  });
}
