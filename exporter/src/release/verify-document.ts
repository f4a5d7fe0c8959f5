import { z } from 'zod';

/** Worst first when several are put together: one `fail` fails a release, and only what was measured passes. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** The gates of a release, in the order in which they are judged. */
export const gateNames = ['readiness', 'accepted', 'published', 'cheer', 'budget', 'latency'] as const;
export type GateName = (typeof gateNames)[number];

export interface Gate {
  readonly name: GateName;
  readonly verdict: Verdict;
  /** One sentence: what was measured, and beside which limit. */
  readonly detail: string;
  /** In base units (seconds, ratios 0 to 1, events); null where there was nothing to measure. */
  readonly figures: Readonly<Record<string, number | null>>;
}

/** A feature flag as the release had it while it was judged. */
export interface FlagValue {
  readonly flag: string;
  readonly variant: string;
  readonly value: boolean | number | string;
}

/** What `selfcheer verify` found: printed with `--json`, and posted to `/api/v1/releases`. */
export interface VerifyDocument {
  readonly schema: 'selfcheer/verify/v1';
  /** Its synthetic events are `<run>/1`, `<run>/2` and so on. */
  readonly run: string;
  readonly service: string;
  /** The version that was judged. */
  readonly release: string;
  /** The version that it is to take over from, where one is known. */
  readonly previous: string | null;
  readonly verdict: Verdict;
  /** RFC 3339. */
  readonly started_at: string;
  /** RFC 3339. */
  readonly ended_at: string;
  /** Admin address of the release. */
  readonly target: string;
  /** Admin address of what it was compared with. */
  readonly baseline: string | null;
  readonly gates: readonly Gate[];
  readonly flags: readonly FlagValue[];
}

/** `fail` when one failed, `pass` when every gate there is was passed, else `inconclusive`. */
export function verdictOf(gates: readonly Pick<Gate, 'name' | 'verdict'>[]): Verdict {
  if (gates.some(({ verdict }) => verdict === 'fail')) return 'fail';
  const passed = new Set(gates.filter(({ verdict }) => verdict === 'pass').map(({ name }) => name));
  return gates.length === passed.size && passed.size === gateNames.length ? 'pass' : 'inconclusive';
}

/** The version that is meant: tags of git often have a v in front, and what is built from them has none. */
export function bareVersion(version: string): string {
  return version.replace(/^v(?=\d)/, '');
}

/** Of services, versions and flags, in characters. */
export const longestName = 200;

export const longestDetail = 2_000;
export const longestAddress = 2_000;

const text = (most: number) => z.string().min(1).max(most);
const verdict = z.enum(['pass', 'fail', 'inconclusive']);
const time = z.iso.datetime({ offset: true }).max(40);
const address = text(longestAddress);

/** Ids of synthetic runs, in event ids and in `/api/v1/synthetic/{run}`. */
export const runId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

const gate: z.ZodType<Gate> = z.strictObject({
  name: z.enum(gateNames),
  verdict,
  detail: text(longestDetail),
  figures: z
    .record(z.string().regex(/^[a-z0-9_]{1,64}$/), z.number().nullable())
    .refine((figures) => Object.keys(figures).length <= 50, 'at most 50 figures'),
});

const flag: z.ZodType<FlagValue> = z.strictObject({
  flag: text(longestName),
  variant: text(longestName),
  value: z.union([z.boolean(), z.number(), z.string().max(1_000)]),
});

/**
 * Reads a document from anyone: strict, every text and list bounded, gates named once, and a verdict that is the one
 * of its gates, so that nobody records a pass over a gate that failed.
 */
export const verifyDocument: z.ZodType<VerifyDocument> = z
  .strictObject({
    schema: z.literal('selfcheer/verify/v1'),
    run: runId,
    service: text(longestName),
    release: text(longestName),
    previous: text(longestName).nullable(),
    verdict,
    started_at: time,
    ended_at: time,
    target: address,
    baseline: address.nullable(),
    gates: z.array(gate).min(1).max(gateNames.length),
    flags: z.array(flag).max(100),
  })
  .refine(({ gates }) => new Set(gates.map(({ name }) => name)).size === gates.length, {
    message: 'each gate at most once',
    path: ['gates'],
  })
  .refine(({ verdict: told, gates }) => told === verdictOf(gates), {
    message: 'not the verdict of the gates',
    path: ['verdict'],
  })
  .refine(({ started_at, ended_at }) => Date.parse(started_at) <= Date.parse(ended_at), {
    message: 'before started_at',
    path: ['ended_at'],
  });
