import { type DataFrame, type Field } from '@grafana/data';
import { type Problem, type Role, type RoleMapping, roles } from '../types';

/**
 * The windows of recorded burn rates, in the order of preference: of a pair (1 h and 5 min, 6 h and 30 min, 1 d and 2 h)
 * the long one and the short one.
 */
export const burnMetrics = {
  burnLong: ['1h', '6h', '1d', '3d'].map(burnMetric),
  burnShort: ['5m', '30m', '2h'].map(burnMetric),
} satisfies Partial<Record<Role, readonly string[]>>;

function burnMetric(window: string): string {
  return `service_slo:cheer_burn_rate:${window}`;
}

export const rolesOfNames: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...roles.map((role) => [role.toLowerCase(), role] as const),
  ['cheer_score', 'score'],
  ['cheer_state', 'state'],
  ['cheer_health', 'health'],
  ['service:cheer_health:min', 'health'],
  ['cheer_error_budget_remaining_ratio', 'budget'],
  ['service_slo:cheer_error_budget_remaining:ratio', 'budget'],
  ['cheer_cheers_total', 'cheers'],
  ['cheer_missed_total', 'misses'],
  ['cheer_condition', 'condition'],
  ['service_condition:cheer_health_condition:bool', 'condition'],
  ...burnMetrics.burnLong.map((name) => [name, 'burnLong'] as const),
  ...burnMetrics.burnShort.map((name) => [name, 'burnShort'] as const),
]);

/** Finds roles by the options' mappings, then the query's name, the metric's, the field's, and what it is renamed to. */
export class RoleMatcher {
  readonly problems: readonly Problem[];
  private readonly mapped: ReadonlyArray<{ readonly role: Role; readonly fits: (name: string) => boolean }>;

  constructor(mappings: readonly RoleMapping[]) {
    const problems: Problem[] = [];
    const mapped = [];
    for (const { role, name } of mappings) {
      const fits = matcher(name);
      if (fits === undefined) {
        problems.push({ text: `${name} is not a regular expression`, hint: 'Correct it in the option Roles' });
      } else if (name !== '' && roles.includes(role)) {
        mapped.push({ role, fits });
      }
    }
    this.mapped = mapped;
    this.problems = problems;
  }

  /** `metric` is the label `__name__` of the series, if it has one. */
  roleOf(frame: DataFrame, field: Field, metric: string | undefined): Role | undefined {
    return (
      (this.mapped.length > 0 ? this.mappedRole(frame, field, metric) : undefined) ??
      roleOfQuery(frame.refId) ??
      (metric === undefined ? roleOfNames(frame, field) : rolesOfNames.get(metric)) ??
      roleOfName(field.config?.displayName)
    );
  }

  private mappedRole(frame: DataFrame, field: Field, metric: string | undefined): Role | undefined {
    const names = [metric, field.name, baseName(frame.name), frame.name, displayNameOf(field)];
    return this.mapped.find(({ fits }) => names.some((name) => name !== undefined && fits(name)))?.role;
  }
}

/** As the data source or the field's configuration names it. */
export function displayNameOf({ config }: Field): string | undefined {
  return config?.displayName ?? config?.displayNameFromDS;
}

/** How transformations name what they make of the frames of one query: "reduce-score-score". */
const transformed = /^(?:reduce|merge|joinByField|seriesToRows|transpose)-(\w+)(?:-\1)*$/;

/** The role that a query's name stands for. */
function roleOfQuery(refId: string | undefined): Role | undefined {
  // One letter is what Grafana gives a query; the look-up of most ends here.
  return refId === undefined || refId.length < 2 ? undefined : roleOfName(transformed.exec(refId)?.[1] ?? refId);
}

function roleOfNames(frame: DataFrame, { name }: Field): Role | undefined {
  // A join of queries names their values "Value #A".
  const joined = name.startsWith('Value #') ? roleOfQuery(name.slice('Value #'.length)) : undefined;
  return joined ?? roleOfName(name) ?? roleOfName(baseName(frame.name));
}

function roleOfName(name: string | undefined): Role | undefined {
  if (name === undefined) {
    return undefined;
  }
  return rolesOfNames.get(name) ?? rolesOfNames.get(name.toLowerCase().replace(/[\s_-]+/g, ''));
}

/** `cheer_score` of `cheer_score{job="shop"}`. */
export function baseName(name: string | undefined): string | undefined {
  const brace = name?.indexOf('{') ?? -1;
  return brace > 0 ? name?.slice(0, brace) : name;
}

/** Undefined when it is between slashes and no regular expression. */
function matcher(name: string): ((candidate: string) => boolean) | undefined {
  if (name.length < 3 || !name.startsWith('/') || !name.endsWith('/')) {
    return (candidate) => candidate === name;
  }
  try {
    const expression = new RegExp(name.slice(1, -1));
    return (candidate) => expression.test(candidate);
  } catch {
    return undefined;
  }
}
