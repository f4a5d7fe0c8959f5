import { at, list, named, nameOf, ofKind, pods, selects, text, type Doc, type Tree } from './tree';

/** What a Rollout names is there, and the gate comes before traffic. */
export function rollout(objects: readonly Doc[]): readonly string[] {
  return ofKind(objects, 'Rollout').flatMap((object) => {
    const strategy = at(object, 'spec', 'strategy');
    return [
      ...(selects(
        at(object, 'spec', 'selector', 'matchLabels'),
        at(object, 'spec', 'template', 'metadata', 'labels'),
      )
        ? []
        : ['its selector does not select its pods']),
      ...serviceRefs(objects, strategy),
      ...analyses(strategy).flatMap((analysis) => templateRefs(objects, analysis)),
      ...analyses(strategy).flatMap((analysis) => comparison(objects, analysis)),
      ...canary(objects, at(strategy, 'canary')),
      ...blueGreen(objects, at(strategy, 'blueGreen')),
    ].map((problem) => `${nameOf(object)}: ${problem}`);
  });
}

const bounded = (objects: readonly Doc[], analysis: Tree): string[] =>
  list(analysis, 'templates').flatMap((template) => {
    const name = text(template, 'templateName');
    return list(named(objects, 'AnalysisTemplate', name), 'spec', 'metrics')
      .filter((metric) => at(metric, 'count') === undefined)
      .map(() => `${name} has no count: what waits for it waits for ever`);
  });

function analyses(strategy: Tree): readonly Tree[] {
  const steps = list(strategy, 'canary', 'steps').map((step) => at(step, 'analysis'));
  const blueGreen = ['prePromotionAnalysis', 'postPromotionAnalysis'].map((one) =>
    at(strategy, 'blueGreen', one),
  );
  return [at(strategy, 'canary', 'analysis'), ...steps, ...blueGreen].filter((one) => one !== undefined);
}

function serviceRefs(objects: readonly Doc[], strategy: Tree): string[] {
  const names = [
    ...['stableService', 'canaryService'].map((one) => at(strategy, 'canary', one)),
    ...['activeService', 'previewService'].map((one) => at(strategy, 'blueGreen', one)),
  ];
  return names
    .filter((name) => name !== undefined && !named(objects, 'Service', text(name)))
    .map((name) => `no Service ${text(name)}`);
}

/** Each template is there, and has a value for each of its arguments; none is handed one that it doesn't know. */
function templateRefs(objects: readonly Doc[], analysis: Tree): string[] {
  const given = list(analysis, 'args').map((arg) => text(arg, 'name'));
  return list(analysis, 'templates').flatMap((reference) => {
    const name = text(reference, 'templateName');
    const template = named(objects, 'AnalysisTemplate', name);
    if (!template) return [`no AnalysisTemplate ${name}`];
    const known = list(template, 'spec', 'args');
    return [
      ...known
        .filter((arg) => at(arg, 'value') === undefined && at(arg, 'valueFrom') === undefined)
        .map((arg) => text(arg, 'name'))
        .filter((arg) => !given.includes(arg))
        .map((arg) => `${name} is not given ${arg}`),
      ...given
        .filter((arg) => !known.some((one) => text(one, 'name') === arg))
        .map((arg) => `${name} has no argument ${arg}`),
    ];
  });
}

/** What a template is called with: what it is given, or its own. */
function argument(objects: readonly Doc[], analysis: Tree, name: string): string {
  const own = (args: readonly Tree[]): string =>
    text(
      args.find((arg) => text(arg, 'name') === name),
      'value',
    );
  const templates = list(analysis, 'templates').map((one) =>
    named(objects, 'AnalysisTemplate', text(one, 'templateName')),
  );
  return own(list(analysis, 'args')) || own(templates.flatMap((one) => list(one, 'spec', 'args')));
}

/** The gate compares one process with one: a Service in front of several answers with another one each time. */
function comparison(objects: readonly Doc[], analysis: Tree): string[] {
  const baseline = argument(objects, analysis, 'baseline');
  const keys = argument(objects, analysis, 'keys');
  const sidecar = argument(objects, analysis, 'sidecar');
  const service = named(objects, 'Service', baseline);
  const host = /^http:\/\/([^.:/]+)\S*:(\d+)$/.exec(sidecar);
  const recorder = named(objects, 'Service', host?.[1] ?? '');
  const known = pods(objects).some(({ pod }) => JSON.stringify(pod).includes(`"name":"${keys}"`));
  const problems: string[] = [];
  if (baseline !== '') {
    if (!service) problems.push(`no Service ${baseline} to compare with`);
    else if (at(service, 'spec', 'clusterIP') !== 'None') {
      problems.push(`the baseline ${baseline} is several processes behind one address`);
    } else if (text(service, 'spec', 'selector', 'selfcheer.dev/track') !== 'stable') {
      problems.push(`the baseline ${baseline} is not of the stable pods alone`);
    }
    if (!known) problems.push(`the gate's key is in ${keys || 'no Secret'}, which no pod knows`);
  }
  if (!list(recorder, 'spec', 'ports').some((port) => text(port, 'port') === host?.[2])) {
    problems.push(`nothing records at ${sidecar || 'no sidecar'}`);
  }
  return problems;
}

function canary(objects: readonly Doc[], strategy: Tree): string[] {
  if (strategy === undefined) return [];
  const steps = list(strategy, 'steps');
  const shares = steps.map((step) => at(step, 'setWeight'));
  const given = shares.filter((share): share is number => typeof share === 'number');
  const firstShare = shares.findIndex((share) => share !== undefined);
  const firstGate = steps.findIndex((step) => at(step, 'analysis') !== undefined);
  return [
    ...(given.every((share, index) => share > (given[index - 1] ?? 0) && share <= 100)
      ? []
      : [`the weights ${given.join(', ')} do not rise to at most 100`]),
    ...(firstGate >= 0 && firstGate < firstShare ? [] : ['no analysis before the first weight']),
    ...(at(strategy, 'analysis', 'startingStep') === firstShare
      ? []
      : [
          `the analysis in the background does not start at step ${firstShare}, which is the first with traffic`,
        ]),
    ...steps.flatMap((step) => bounded(objects, at(step, 'analysis'))),
    ...scaled(strategy, firstShare),
    ...istio(objects, strategy),
  ];
}

/** Before traffic one new pod; with it as many as it takes; and the old ones stay until all is well. */
function scaled(strategy: Tree, firstShare: number): string[] {
  if (at(strategy, 'trafficRouting') === undefined) return [];
  const scales = list(strategy, 'steps')
    .slice(0, firstShare)
    .map((step) => at(step, 'setCanaryScale'))
    .filter((scale) => scale !== undefined);
  return [
    ...(at(scales[0], 'replicas') === 1 ? [] : ['the gate does not have exactly one new pod before it']),
    ...(at(scales.at(-1), 'matchTrafficWeight') === true ? [] : ['new pods do not grow with their traffic']),
    ...(at(strategy, 'dynamicStableScale') === true
      ? ['old pods go while new ones are tried: there is no way back at once']
      : []),
  ];
}

/** Argo Rollouts refuses a route that does not lead to exactly these two, and only when it is applied. */
function istio(objects: readonly Doc[], strategy: Tree): string[] {
  const reference = at(strategy, 'trafficRouting', 'istio', 'virtualService');
  if (reference === undefined) return [];
  const name = text(reference, 'name');
  const service = named(objects, 'VirtualService', name);
  if (!service) return [`no VirtualService ${name}`];
  const wanted = [text(strategy, 'stableService'), text(strategy, 'canaryService')];
  return list(reference, 'routes').flatMap((route) => {
    const found = list(service, 'spec', 'http').find((one) => at(one, 'name') === route);
    if (!found) return [`VirtualService ${name} has no route ${text(route)}`];
    const hosts = list(found, 'route').map((one) => text(one, 'destination', 'host'));
    return hosts.join() === wanted.join() ? [] : [`route ${text(route)} leads to ${hosts.join(' and ')}`];
  });
}

function blueGreen(objects: readonly Doc[], strategy: Tree): string[] {
  if (strategy === undefined) return [];
  const one = at(strategy, 'previewReplicaCount') === 1 ? [] : ['the gate meets more than one new pod'];
  const both = ['prePromotionAnalysis', 'postPromotionAnalysis'] as const;
  return [
    ...one,
    ...both.flatMap((name) =>
      at(strategy, name) === undefined ? [`has no ${name}`] : bounded(objects, at(strategy, name)),
    ),
  ];
}
