import { at, entries, list, nameOf, ofKind, text, type Doc, type Tree } from './tree';

/** A gate that can be passed by chance, or never, is none. */
export function gate(objects: readonly Doc[]): readonly string[] {
  return ofKind(objects, 'AnalysisTemplate').flatMap((object) =>
    list(object, 'spec', 'metrics').flatMap((metric) => {
      const where = `${nameOf(object)}, metric ${text(metric, 'name')}`;
      const problems = at(metric, 'provider', 'job') === undefined ? web(metric) : job(metric);
      return problems.map((problem) => `${where}: ${problem}`);
    }),
  );
}

function exactly(metric: Tree, wanted: number, ...path: readonly string[]): string[] {
  const found = at(metric, ...path);
  return found === wanted ? [] : [`${path.join('.')} is ${text(found) || 'not set'}, not ${wanted}`];
}

function job(metric: Tree): string[] {
  const spec = ['provider', 'job', 'spec'] as const;
  const container = at(metric, ...spec, 'template', 'spec', 'containers', 0);
  const args = list(container, 'args').map((arg) => text(arg));
  const wanted = [
    'verify',
    '--require-record',
    '--record=',
    '--release={{args.release}}',
    '--target=',
    '--baseline=',
  ];
  const restart = text(metric, ...spec, 'template', 'spec', 'restartPolicy');
  return [
    ...exactly(metric, 1, 'count'),
    ...exactly(metric, 0, 'failureLimit'),
    ...exactly(metric, 0, ...spec, 'backoffLimit'),
    ...(restart === 'Never' ? [] : [`restartPolicy is ${restart || 'not set'}, not Never`]),
    ...(Number(at(metric, ...spec, 'activeDeadlineSeconds')) > 0 ? [] : ['has no activeDeadlineSeconds']),
    ...wanted
      .filter((part) => !args.some((arg) => (part.endsWith('=') ? arg.startsWith(part) : arg === part)))
      .map((part) => `has no ${part}`),
    ...args
      .filter((arg) => arg.startsWith('--inconclusive-as'))
      .map((arg) => `${arg}: no data must never pass`),
  ];
}

function web(metric: Tree): string[] {
  const conditions = {
    successCondition: 'result.verdict == "pass"',
    failureCondition: 'result.verdict == "fail"',
  };
  const url = text(metric, 'provider', 'web', 'url');
  return [
    ...entries(conditions)
      .filter(([condition, wanted]) => at(metric, condition) !== wanted)
      .map(([condition, wanted]) => `${condition} is not ${text(wanted)}`),
    ...exactly(metric, 0, 'failureLimit'),
    ...(/\/api\/v1\/releases\/\{\{args\.release\}\}\/verdict(\?|$)/.test(url)
      ? []
      : [`${url || 'no url'} is not the verdict of the release`]),
    ...(text(metric, 'interval') ? [] : ['has no interval: it would be asked once']),
  ];
}
