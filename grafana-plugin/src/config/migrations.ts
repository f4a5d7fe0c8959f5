import { type PanelModel } from '@grafana/data';
import { type CheerMeterOptions, layouts, orders, type RoleMapping, roles } from '../types';

type Checks = { [Name in keyof CheerMeterOptions]: (value: unknown) => CheerMeterOptions[Name] | undefined };

const checks: Checks = {
  layout: (value) => memberOf(['auto', ...layouts], value),
  headline: text,
  mappings: (value) => (Array.isArray(value) ? value.filter(isMapping) : undefined),
  serviceLabel: text,
  sloLabel: text,
  groupBy: text,
  sortBy: (value) => memberOf(orders, value),
  eventsRefId: text,
  showBudget: flag,
  showEvents: flag,
  showReasons: flag,
  showSparkline: flag,
  celebrate: flag,
};

/**
 * Options as this version draws them, from those of a dashboard that another version of the panel saved, or that was
 * written by hand or by a program. An option that isn't valid is left out, so that its default holds; one that this
 * version doesn't know is kept, so that nothing is lost when a newer version comes back. Pure and idempotent.
 */
export function migrateOptions({ options }: Pick<PanelModel<unknown>, 'options'>): Partial<CheerMeterOptions> {
  if (!isRecord(options)) {
    return {};
  }
  const known = new Map<string, (value: unknown) => unknown>(Object.entries(checks));
  const kept = Object.entries(options).flatMap(([name, value]) => {
    const check = known.get(name);
    const valid = check ? check(value) : value;
    return valid === undefined ? [] : [[name, valid] as const];
  });
  return Object.fromEntries(kept);
}

function memberOf<Member>(members: readonly Member[], value: unknown): Member | undefined {
  return members.find((member) => member === value);
}

function isMapping(value: unknown): value is RoleMapping {
  return isRecord(value) && memberOf(roles, value['role']) !== undefined && typeof value['name'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
