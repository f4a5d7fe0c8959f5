import { Random } from './random';
import type { Target } from './target';
import { bodyTarget } from './targets/body';
import { configTarget } from './targets/config';
import { eventTargets } from './targets/events';
import { grpcTargets } from './targets/grpc';
import { documentTarget, scannerTarget } from './targets/json';
import { sendTargets } from './targets/send';
import { storeTargets } from './targets/store';
import { textTargets } from './targets/text';
import { stubIntake } from './intake';

export interface Finding {
  readonly target: string;
  /** Gives the same input again. */
  readonly seed: number;
  readonly promise: string;
  readonly input: string;
}

export interface Summary {
  readonly inputs: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface RunOptions {
  readonly runs: number;
  readonly seed: number;
  /** Ends sooner when this many seconds have passed. */
  readonly seconds: number;
  /** Only targets whose name begins with this. */
  readonly only?: string | undefined;
  readonly shown?: (finding: Finding) => void;
}

const mostFindings = 50;

export function allTargets(): Target[] {
  return [
    scannerTarget,
    documentTarget,
    ...eventTargets(stubIntake()),
    ...grpcTargets,
    ...textTargets,
    configTarget(),
    ...storeTargets(),
    ...sendTargets,
    bodyTarget,
  ];
}

/** Gives every target its share of the inputs, and gathers what they found. */
export async function fuzz({ runs, seed, seconds, only, shown }: RunOptions): Promise<Summary> {
  const targets = allTargets().filter(({ name }) => only === undefined || name.startsWith(only));
  if (targets.length === 0) throw new RangeError(`no target's name begins with ${only}`);
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const inputs: Record<string, number> = {};
  const findings: Finding[] = [];
  const until = performance.now() + seconds * 1000;
  for (const target of targets) {
    const count = Math.ceil((runs * target.share) / shares);
    inputs[target.name] = 0;
    for (let i = 0; i < count && performance.now() < until && findings.length < mostFindings; i++) {
      const own = (seed + i * 2_654_435_761) >>> 0;
      let input: string | Buffer = '';
      try {
        const done = target.run(new Random(own), (made) => (input = made));
        if (done) await done;
      } catch (error) {
        const text = Buffer.isBuffer(input) ? (input as Buffer).toString('latin1') : input;
        const promise = error instanceof Error ? (error.stack ?? error.message) : String(error);
        const finding = { target: target.name, seed: own, promise, input: text.slice(0, 2_000) };
        findings.push(finding);
        shown?.(finding);
      }
      inputs[target.name]! += 1;
    }
    await target.close?.();
  }
  return { inputs, findings };
}
