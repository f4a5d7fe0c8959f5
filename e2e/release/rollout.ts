import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Build, Stage } from './stage';

/** As much of `selfcheer/verify/v1` as is looked at here. */
interface VerifyDocument {
  readonly run: string;
  readonly previous: string | null;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly gates: readonly { readonly name: string; readonly verdict: string; readonly detail: string }[];
  readonly flags: readonly { readonly flag: string; readonly variant: string }[];
}

export type Outcome = 'promoted' | 'rolled back before traffic' | 'rolled back under traffic';

/** One release that was rehearsed. */
export interface Rehearsal {
  readonly build: Build;
  readonly release: string;
  readonly outcome: Outcome;
  /** Of `selfcheer verify`. */
  readonly exitCode: number | null;
  /** Undefined when it printed none. */
  readonly document: VerifyDocument | undefined;
  readonly gateSeconds: number;
  readonly seconds: number;
  /** Of the machine over the last minute, at its end. */
  readonly loadAverage: number;
  /** The greatest part of the traffic that it had, in percent. */
  readonly weight: number;
  /** What the web metric said, in turn. */
  readonly polls: readonly string[];
  /** Of real events. */
  readonly requestsToCanary: number;
  readonly errorsOfCanary: number;
  /** Errors of the stable one and of the proxy: a release that is rehearsed should cost nobody anything. */
  readonly otherErrors: number;
  /** Answers 503, of whomever. */
  readonly refused: number;
  /** Exit codes of what was drained: the canary, and the stable one where it was replaced. */
  readonly drains: readonly (number | null)[];
}

export interface Pace {
  /** Arguments for the gate. */
  readonly verify?: readonly string[];
  /** How often the web metric must say pass before the weight grows. */
  readonly passes: number;
  readonly everyMs: number;
  /** So many answers in a row that are neither pass nor fail end it. */
  readonly inconclusiveLimit: number;
}

/** As long as deploy/argo bears with it: its fourth answer, 20 s apart. */
export const pace: Pace = { passes: 4, everyMs: 500, inconclusiveLimit: 160 };

/** Percent for the canary. */
const weights = [10, 50, 100];

/**
 * Releases one build, as deploy/argo does: the gate before any traffic, then more and more of it while the web metric
 * is asked, and back to none when either says so.
 */
export async function rehearse(stage: Stage, build: Build, how: Pace = pace): Promise<Rehearsal> {
  const begun = performance.now();
  const before = { ...stage.load.seen(), sent: stage.proxy.sent };
  const release = stage.nextVersion();
  await stage.startCanary(build, release);

  const gateBegun = performance.now();
  const { code: exitCode, stdout, stderr } = await stage.verify(release, how.verify);
  const gateSeconds = (performance.now() - gateBegun) / 1000;
  const document = stdout === '' ? undefined : (JSON.parse(stdout) as VerifyDocument);
  if (!document) process.stderr.write(stderr);

  const polls: string[] = [];
  const drains: (number | null)[] = [];
  let outcome: Outcome = 'rolled back before traffic';
  let weight = 0;
  if (exitCode === 0) {
    outcome = 'promoted';
    for (const next of weights) {
      weight = next;
      stage.proxy.setWeights({ stable: 100 - next, canary: next });
      if (await staysWell(stage, release, how, polls)) continue;
      outcome = 'rolled back under traffic';
      break;
    }
    if (outcome === 'promoted') drains.push(await stage.promote(release));
  }
  stage.proxy.setWeights({ stable: 100, canary: 0 });
  drains.push(await stage.drainCanary());

  const after = { ...stage.load.seen(), sent: stage.proxy.sent };
  const errorsOf = (side: 'stable' | 'canary' | 'nobody') => after.errors[side] - before.errors[side];
  return {
    ...{ build, release, outcome, exitCode, document, gateSeconds, weight, polls, drains },
    seconds: (performance.now() - begun) / 1000,
    loadAverage: loadavg()[0] ?? NaN,
    requestsToCanary: after.sent.canary - before.sent.canary,
    errorsOfCanary: errorsOf('canary'),
    otherErrors: errorsOf('stable') + errorsOf('nobody'),
    refused: after.refused - before.refused,
  };
}

/** False on the first fail, and when it says neither for too long: nothing is promoted that is not known to be well. */
async function staysWell(stage: Stage, release: string, how: Pace, polls: string[]): Promise<boolean> {
  let [passes, inconclusive] = [0, 0];
  while (passes < how.passes) {
    await sleep(how.everyMs);
    const { verdict, reasons } = await stage.verdict(release);
    polls.push(verdict === 'pass' ? verdict : `${verdict}: ${reasons[0]?.code ?? ''}`);
    if (verdict === 'fail') return false;
    if (verdict === 'pass') [passes, inconclusive] = [passes + 1, 0];
    else if (++inconclusive > how.inconclusiveLimit) return false;
  }
  return true;
}
