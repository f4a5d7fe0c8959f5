import type { SloDefinition } from '../slo';

/** What a service does for others, by the way it comes in. */
export const workKinds = ['http', 'grpc', 'kafka'] as const;
/** One of `workKinds`. */
export type WorkKind = (typeof workKinds)[number];

/** What the service promises; see `createService`. */
export interface SloOptions {
  /** Ratio of requests that must not fail for our reasons; 0.999 when absent. */
  readonly availability?: number;
  readonly latency?: {
    /** Ratio of requests that must be answered in time; 0.99 when absent. */
    readonly objective?: number;
    /**
     * Seconds; 0.12 when absent. What is given here is the target of the cheer, too, whose own default is 0.1: see
     * `CheerOptions`.
     */
    readonly targetSeconds?: number;
  };
  /** Fewer bad ones in the window than this spend no budget and set off no alert; 10 when absent. */
  readonly minBadEvents?: number;
  /**
   * Kinds of work for which these are promised, each as `<kind>-availability` and `<kind>-latency`; `['http']` when
   * absent.
   */
  readonly kinds?: readonly WorkKind[];
  /** SLOs of your own, counted by `service.engine.recordSlo(name, good, bad)`. */
  readonly more?: readonly SloDefinition[];
}

/** The same without gaps. */
export interface Slos {
  readonly definitions: readonly SloDefinition[];
  readonly kinds: readonly WorkKind[];
  /** Seconds. */
  readonly targetSeconds: number;
}

const words: Record<WorkKind, { readonly many: string; readonly done: string }> = {
  http: { many: 'Requests', done: 'answered' },
  grpc: { many: 'Calls', done: 'answered' },
  kafka: { many: 'Messages', done: 'processed' },
};

export const availabilitySlo = (kind: WorkKind): string => `${kind}-availability`;
export const latencySlo = (kind: WorkKind): string => `${kind}-latency`;

/** @throws RangeError for a figure or a kind that makes no sense and for a name that is there twice */
export function createSlos(options: SloOptions = {}): Slos {
  const { availability = 0.999, latency = {}, minBadEvents = 10, kinds = ['http'], more = [] } = options;
  const { objective = 0.99, targetSeconds = 0.12 } = latency;
  if (!(targetSeconds > 0 && Number.isFinite(targetSeconds))) {
    throw new RangeError(`slo.latency.targetSeconds ${targetSeconds} must be above 0`);
  }
  checkKinds(kinds);
  checkRatio('slo.availability', availability);
  checkRatio('slo.latency.objective', objective);
  checkMinimum('slo.minBadEvents', minBadEvents);
  for (const own of more) checkMinimum(`slo.more: ${own.name}: minBadEvents`, own.minBadEvents);
  const standard = kinds.flatMap((kind): SloDefinition[] => {
    const { many, done } = words[kind];
    return [
      {
        name: availabilitySlo(kind),
        description: `${many} are ${done}: they don't fail for reasons of this service.`,
        objective: availability,
        minBadEvents,
      },
      {
        name: latencySlo(kind),
        description: `${many} are ${done} within ${targetSeconds * 1000} ms.`,
        objective,
        minBadEvents,
        targetSeconds,
      },
    ];
  });
  const definitions = [...standard, ...more];
  const names = definitions.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`two SLOs are named ${twice}`);
  return { definitions, kinds, targetSeconds };
}

function checkKinds(kinds: readonly WorkKind[]): void {
  const all = kinds.join(', ');
  if (kinds.some((kind) => !workKinds.includes(kind))) {
    throw new RangeError(`slo.kinds are ${all}, but must be of ${workKinds.join(', ')}`);
  }
  if (new Set(kinds).size < kinds.length) throw new RangeError(`slo.kinds are ${all}: name each once`);
}

function checkRatio(name: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw new RangeError(`${name} is ${value}, but must be at least 0 and below 1`);
}

function checkMinimum(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0)) {
    throw new RangeError(`${name} is ${value}, but must be a whole number of at least 0`);
  }
}
