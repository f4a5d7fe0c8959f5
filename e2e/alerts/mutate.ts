import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { AlertingRule, RecordingRule } from '@selfcheer/cheer-kit';
import { equivalent } from './equivalent-mutants';
import { alertMutants, recordingMutants } from './mutants';
import { promtoolFile } from './promtool-file';
import { runTool } from './promtool';
import { probesOf, type Probe } from './probes';
import { committedSuite, groupsOf, plainSuite, type Suite } from './test-files';

type Rule = AlertingRule | RecordingRule;

interface Job {
  readonly name: string;
  readonly rule: Rule;
  readonly mutant: Rule;
  readonly suite: Suite;
  /** Shared by the mutants of a rule; what has killed one comes first, as it is likely to kill the next. */
  readonly probes: Probe[];
}

function nameOf(rule: Rule): string {
  if ('record' in rule) return [rule.record, ...Object.values(rule.labels ?? {})].join(' ');
  return [rule.alert, rule.labels['burn_tier']].filter(Boolean).join(' ');
}

function jobsOf(suite: Suite, mutated: (rule: Rule) => boolean): Job[] {
  const all = probesOf(suite);
  return groupsOf(suite.rules, ['recording', 'alerts'])
    .flatMap(({ rules }) => rules)
    .filter(mutated)
    .flatMap((rule) => {
      const probes = all.filter(({ needs }) => needs.has(rule));
      const mutants = 'record' in rule ? recordingMutants(rule) : alertMutants(rule);
      return mutants.map((mutant) => ({
        name: `${nameOf(rule)}: ${mutant.what}`,
        ...{ rule, mutant: mutant.rule, suite, probes },
      }));
    });
}

/** Whether this test fails for it. Rules that Prometheus refuses are no danger to anybody. */
async function kills({ test, every, needs }: Probe, { rule, mutant, suite }: Job): Promise<boolean> {
  const groups = groupsOf(suite.rules, ['recording', 'alerts'])
    .map((group) => ({
      ...group,
      rules: group.rules
        .filter((other) => needs.has(other))
        .map((other) => (other === rule ? mutant : other)),
    }))
    .filter(({ rules }) => rules.length > 0);
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-mutant-'));
  try {
    const order = groups.map(({ name }) => name);
    await mkdir(path.join(folder, 'tests'));
    await writeFile(path.join(folder, 'rules.yml'), stringify({ groups }));
    const file = path.join(folder, 'tests/test.yml');
    await writeFile(file, promtoolFile([test], { rules: ['../rules.yml'], groups: order, every }));
    return !(await runTool('promtool', 'test', 'rules', file)).ok;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isKilled(job: Job): Promise<boolean> {
  for (const probe of [...job.probes]) {
    if (!(await kills(probe, job))) continue;
    job.probes.splice(job.probes.indexOf(probe), 1);
    job.probes.unshift(probe);
    return true;
  }
  return false;
}

/** Those of the examples that the committed rules don't have: the others are tested with those. */
function plainOnly(committed: Suite): (rule: Rule) => boolean {
  const known = new Set(committed.rules.recording.flatMap(({ rules }) => rules.map(({ expr }) => expr)));
  return (rule) => 'record' in rule && !known.has(rule.expr);
}

async function main(wanted: string | undefined): Promise<void> {
  const committed = committedSuite();
  const jobs = [...jobsOf(committed, () => true), ...jobsOf(plainSuite(), plainOnly(committed))].filter(
    ({ name }) => wanted === undefined || name.includes(wanted),
  );
  let [spared, survivors, wronglySpared] = [0, 0, 0];
  const queue = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const killed = await isKilled(job);
      const excused = equivalent(job.name) !== undefined;
      if (excused) spared += 1;
      if (!killed && !excused) {
        survivors += 1;
        process.stdout.write(`survived: ${job.name}\n`);
      } else if (killed && excused) {
        wronglySpared += 1;
        process.stdout.write(`killed, and so no equivalent: ${job.name}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const total = jobs.length - spared;
  process.stdout.write(`${total - survivors} of ${total} mutants killed; ${spared} are equivalent\n`);
  if (survivors + wronglySpared > 0) process.exitCode = 1;
}

void main(process.argv[2]);
