import { setTimeout as sleep } from 'node:timers/promises';
import { waitForState } from '../fault/support/wait-for';
import { drawUp, type SoakAccount } from './account';
import { Course, settleSeconds } from './course';
import { type FaultTargets, inflict } from './faults';
import { figureNames, figures } from './figures';
import { AckTimes } from './latency';
import { Load } from './load';
import type { SoakOptions } from './options';
import { Progress } from './progress';
import type { SoakResult } from './report';
import { Sampler } from './sampler';
import { calmSeconds, gapSeconds, planFaults, type PlannedFault } from './schedule';
import { setUp } from './setting';
import { trendOf, type TrendWindow } from './trend';
import { failuresOf, type SufferedFault } from './verdict';

const recoverWithinSeconds = 60;
/** For what is late when the load ends to be acknowledged. */
const extraSeconds = 600;

export type SoakRun = Omit<SoakResult, 'date' | 'versions' | 'machine' | 'options'>;

/** Everything of one run. An aborted signal ends the load early; the account is drawn up all the same. */
export async function soak(options: SoakOptions, interrupt: AbortSignal): Promise<SoakRun> {
  const undoing: (() => unknown)[] = [];
  try {
    return await run(options, interrupt, (undo) => undoing.push(undo));
  } finally {
    for (const undo of undoing.reverse()) {
      try {
        await undo();
      } catch (error) {
        process.stderr.write(`soak: clean-up failed: ${String(error)}\n`);
      }
    }
  }
}

async function run(
  options: SoakOptions,
  interrupt: AbortSignal,
  onEnd: (undo: () => unknown) => void,
): Promise<SoakRun> {
  const total = options.minutes * 60;
  process.stderr.write('soak: starts Kafka and the exporter\n');
  const { scene, ...around } = await setUp(options.minutes, onEnd);
  const { exporter } = scene;
  await waitForState(exporter, ['green'], recoverWithinSeconds * 1000);

  const acks = new AckTimes();
  const course = new Course(interrupt, (text) => progress.note(text));
  const load = await Load.start({
    scene,
    rate: options.rate,
    timeoutMs: (total + extraSeconds) * 1000,
    onAck: (seconds) => acks.add(course.now(), seconds, course.quiet()),
  });
  onEnd(() => load.close());
  const sampler = new Sampler({
    exporter,
    acks,
    now: () => course.now(),
    quiet: () => course.quiet(),
  });
  const progress = new Progress(() => ({
    elapsed: course.now(),
    total,
    doing: course.doing,
    state: sampler.state,
    acked: load.acknowledged,
  }));
  onEnd(() => progress.stop());
  load.failed().catch((error: unknown) => course.incident(`the load failed: ${String(error)}`));
  const watch = setInterval(() => {
    if (!exporter.running && course.doing !== 'kill' && course.doing !== 'sigterm') {
      course.incident(`the exporter ended by itself: ${exporter.log.slice(-2_000) || 'it said nothing'}`);
    }
  }, 200);
  onEnd(() => clearInterval(watch));

  const plan = planFaults({ kinds: options.faults, seed: options.seed, seconds: total });
  progress.note(`${plan.length} faults to come, seed ${options.seed}`);
  const faults = await suffer(plan, total, { ...around, exporter, load }, course, progress);
  await pause(total - course.now(), course.end);
  const seconds = course.now();
  clearInterval(watch);
  await sampler.stop();
  course.closes();
  progress.note('the load ends, the account is drawn up');
  let account: SoakAccount | undefined;
  const incidents = [...course.incidents];
  try {
    if (!exporter.running) await exporter.restart();
    await load.stop();
    await waitForState(exporter, ['green'], recoverWithinSeconds * 1000);
    account = await drawUp(scene, load, faults);
  } catch (error) {
    incidents.push(`the account: ${String(error)}`);
  }
  const trends = trendsOf(sampler, options);
  const failures = failuresOf({ incidents, faults, recoverWithinSeconds, account, trends });
  return {
    seconds,
    interrupted: interrupt.aborted,
    passed: failures.length === 0,
    failures,
    account,
    refusals: load.refusals(),
    faults,
    peakRssBytes: scene.rss.peakBytes,
    trends,
    minutes: acks.byMinute(),
  };
}

/** One fault after the other, each until the state is green again. */
async function suffer(
  plan: readonly PlannedFault[],
  total: number,
  targets: FaultTargets,
  course: Course,
  progress: Progress,
): Promise<SufferedFault[]> {
  const faults: SufferedFault[] = [];
  let free = 0;
  const latest = total - calmSeconds(total).after;
  for (const { kind, at, seconds } of plan) {
    // After one that took longer than planned there is a quiet time, too.
    await pause(Math.max(at, free) - course.now(), course.end);
    // Earlier ones took longer than planned: what would disturb the calm end is left out.
    if (course.end.aborted || course.now() + seconds > latest) break;
    const began = course.now();
    course.begins(kind);
    progress.note(`${kind} for ${seconds} s`);
    try {
      await inflict[kind](targets, seconds, course.end);
    } catch (error) {
      course.incident(`${kind}: ${String(error)}`);
    }
    course.healed();
    const suffered = { kind, at: began, seconds: course.now() - began };
    try {
      const waited = await waitForState(targets.exporter, ['green'], recoverWithinSeconds * 1000);
      faults.push({ ...suffered, recoverySeconds: waited.seconds });
      progress.note(`${kind} is over, green after ${waited.seconds.toFixed(1)} s`);
      course.recovered();
      free = course.now() + settleSeconds + gapSeconds(total) / 2;
    } catch (error) {
      faults.push(suffered);
      progress.note(String(error));
      course.cutShort();
    }
  }
  return faults;
}

function trendsOf(sampler: Sampler, { judgeMinutes }: SoakOptions): SoakRun['trends'] {
  const judgeFrom = judgeMinutes * 60;
  const window: TrendWindow = { judgeFrom, warmUp: Math.min(120, Math.max(10, judgeFrom / 5)) };
  return Object.fromEntries(
    figureNames.flatMap((name) => {
      const trend = trendOf(sampler.points(name), figures[name], window);
      return trend ? [[name, trend]] : [];
    }),
  );
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  if (seconds > 0 && !signal.aborted) {
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}
