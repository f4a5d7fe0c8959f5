import type { CheerEngine } from '../cheer-engine';
import type { RecentEvents } from '../recent-events';
import type { FlagDefinition, FlagReading } from './definition';
import type { Flags } from './flags';

/** What the flags of the cheer are while nobody sets them. */
export interface CheerFlagDefaults {
  /** The error budget left must be above it: at least 0, below 1. */
  readonly budgetFloorRatio: number;
  /** Part of the traces that begin here and are kept, 0 to 1; 1 when absent. */
  readonly samplingRatio?: number;
}

/** The flags that every service with a cheer reads. */
export type CheerFlagDefinitions = {
  readonly 'health-cheer': FlagDefinition<boolean>;
  readonly 'cheer-threshold': FlagDefinition<number>;
  readonly 'sampling-ratio': FlagDefinition<number>;
};

/** Definitions of the flags that every service with a cheer reads. */
export function cheerFlags({ budgetFloorRatio, samplingRatio = 1 }: CheerFlagDefaults): CheerFlagDefinitions {
  return {
    'health-cheer': {
      description: 'The health cheer; false switches it off, and every surface reads disabled.',
      defaultValue: true,
    },
    'cheer-threshold': {
      description: 'The error budget that must be left for the cheer to be green.',
      defaultValue: budgetFloorRatio,
      mustBe: (floor) => (floor >= 0 && floor < 1 ? undefined : 'at least 0 and below 1'),
    },
    'sampling-ratio': {
      description: 'Part of the traces that begin here and are kept.',
      defaultValue: samplingRatio,
      mustBe: (ratio) => (ratio >= 0 && ratio <= 1 ? undefined : 'from 0 to 1'),
    },
  };
}

type CheerFlagSet = Pick<Flags<CheerFlagDefinitions>, 'value' | 'subscribe'>;

/** Switches the engine off and on, and moves its error budget floor, now and at each change. Returns the unsubscribe. */
export function followCheerFlags(flags: CheerFlagSet, engine: CheerEngine): () => void {
  const follow = (): void => {
    engine.setBudgetFloor(flags.value('cheer-threshold'));
    if (flags.value('health-cheer')) engine.enable();
    else engine.disable('health-cheer');
  };
  follow();
  return flags.subscribe(follow);
}

/** The ratio that the file gives, as it changes; undefined while the flag has its default, so that OTEL_TRACES_SAMPLER decides. */
export function samplingRatio(flags: Pick<Flags, 'list' | 'subscribe'>): () => number | undefined {
  let ratio: number | undefined;
  const read = (): void => {
    const reading = flags.list().find(({ flag }) => flag === 'sampling-ratio');
    ratio = reading && !reading.isDefault ? (reading.value as number) : undefined;
  };
  read();
  flags.subscribe(read);
  return () => ratio;
}

/** Tells the ring of recent events each change of a flag. Returns the unsubscribe. */
export function recordFlags(flags: Pick<Flags, 'subscribe'>, events: Pick<RecentEvents, 'add'>): () => void {
  return flags.subscribe(({ from, to }) => {
    events.add({
      kind: 'flag',
      title: `Flag ${to.flag} is ${to.variant}`,
      detail: `${shown(to)}; was ${shown(from)}`,
    });
  });
}

/** Keeps `feature_flag_info` at the present variants. Returns the unsubscribe. */
export function countFlags(
  flags: Pick<Flags, 'list' | 'subscribe'>,
  metrics: { setFlag(flag: string, variant: string): void },
): () => void {
  for (const { flag, variant } of flags.list()) metrics.setFlag(flag, variant);
  return flags.subscribe(({ to: { flag, variant } }) => metrics.setFlag(flag, variant));
}

function shown({ variant, value }: FlagReading): string {
  return `${variant} (${value})`;
}
