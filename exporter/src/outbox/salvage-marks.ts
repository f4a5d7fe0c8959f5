import { existsSync } from 'node:fs';
import { messageOf, StoreError } from '../errors';
import { outboxRange, parseOutboxKey, stateKey } from './keys';
import { Manifest, type ManifestContent } from './manifest';
import { decodeState, type StoreState } from './state';
import type { Db } from './store';

/** What is still known about a damaged store. */
export interface KnownMarks {
  readonly state: StoreState | undefined;
  readonly storeId: string | undefined;
  /** Lanes, the synthetic one included. */
  readonly lanes: number;
  /** True when nothing says how far the lanes were settled: what was published may then be published again. */
  readonly guessed: boolean;
  /** Up to here, exclusively, everything of a lane is settled for certain. */
  readonly settled: readonly number[];
  /** From here on a row is taken, if it is there; lower than `settled` where quarantine has lost what was moved to it. */
  readonly wanted: readonly number[];
  /** Last number of each lane that was acknowledged, as far as anything says. */
  readonly highs: readonly number[];
  readonly quarantineNext: number;
  /** Events that should be in quarantine; undefined when nothing says. */
  readonly quarantined: number | undefined;
  /** Why it can't be said for certain that all is found. */
  readonly doubts: readonly string[];
}

/** Reads the manifest and the state row and makes the best of what is left of them. */
export async function readMarks(
  db: Db | undefined,
  manifestPath: string,
  configuredLanes: number,
): Promise<KnownMarks> {
  const doubts: string[] = [];
  const state = await readState(db, doubts);
  const manifest = readManifest(manifestPath, state, doubts);
  const lanes = manifest?.lanes.length ?? state?.lanes.length ?? (await guessLanes(db, configuredLanes));
  const ofManifest = manifest?.lanes ?? [];
  const ofState = state?.lanes.length === lanes ? state.lanes : [];
  const each = (mark: (lane: number) => number): number[] =>
    Array.from({ length: lanes }, (_, lane) => mark(lane));
  const lowM = (lane: number): number => ofManifest[lane]?.[0] ?? 1;
  const lowS = (lane: number): number => ofState[lane]?.low ?? 1;
  const settled = each((lane) => Math.max(lowM(lane), lowS(lane)));
  // What was moved to quarantine by batches that are lost may still be in its lane.
  const movedAway = Math.max(0, (manifest?.quarantineNext ?? 1) - (state?.quarantine.next ?? 1));
  return {
    state,
    storeId: manifest?.storeId ?? state?.storeId,
    lanes,
    guessed: !manifest && !state,
    settled,
    wanted: movedAway > 0 ? each((lane) => Math.min(lowM(lane), lowS(lane))) : settled,
    highs: each((lane) => Math.max(ofManifest[lane]?.[1] ?? 0, ofState[lane]?.high ?? 0)),
    quarantineNext: Math.max(manifest?.quarantineNext ?? 1, state?.quarantine.next ?? 1),
    quarantined: state && state.quarantine.count + movedAway,
    doubts,
  };
}

async function readState(db: Db | undefined, doubts: string[]): Promise<StoreState | undefined> {
  // Not by `get`: that one trusts file numbers, which a repair has mixed up.
  const [row] = db ? await db.values({ gte: stateKey, lte: stateKey }).all() : [];
  try {
    return decodeState(row);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    doubts.push('the state row is missing or damaged: nothing says how many events were in quarantine');
    return undefined;
  }
}

function readManifest(
  path: string,
  state: StoreState | undefined,
  doubts: string[],
): ManifestContent | undefined {
  const without = (what: string): undefined => {
    doubts.push(`${what}: nothing says how much had been acknowledged behind the last row that was found`);
    return undefined;
  };
  if (!existsSync(path)) return without('the manifest is missing');
  try {
    const manifest = Manifest.read(path);
    if (state && manifest.storeId !== state.storeId) return without("the manifest is another store's");
    return manifest;
  } catch (error) {
    if (!(error instanceof StoreError))
      throw new StoreError('manifest_damaged', messageOf(error), { cause: error });
    return without('the manifest is damaged');
  }
}

async function guessLanes(db: Db | undefined, configured: number): Promise<number> {
  const [last] = db ? await db.keys({ ...outboxRange, reverse: true, limit: 1 }).all() : [];
  const found = last?.length === 11 ? parseOutboxKey(last).lane + 1 : 0;
  return Math.max(configured + 1, Math.min(found, 257));
}
