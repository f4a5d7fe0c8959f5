import { at, list, named, nameOf, ofKind, selects, text, type Doc, type Tree } from './tree';

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
    ...istio(objects, strategy),
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
  const both = ['prePromotionAnalysis', 'postPromotionAnalysis'] as const;
  return both.flatMap((one) =>
    at(strategy, one) === undefined ? [`has no ${one}`] : bounded(objects, at(strategy, one)),
  );
}
