import { type FieldConfig, ThresholdsMode } from '@grafana/data';
import { type CheerState } from '../types';
import { type Scale, scoreOf } from './score-scale';

interface Step {
  readonly from: number;
  readonly state: CheerState;
}

const defaultSteps: readonly Step[] = [
  { from: -Infinity, state: 'red' },
  { from: 50, state: 'yellow' },
  { from: 80, state: 'green' },
];

const byPosition: readonly CheerState[] = ['red', 'yellow', 'green'];

/**
 * What a score says by the field's thresholds, where nothing else says the state. Their colours are states by name
 * ("dark-red", "orange"); where a name is none, three of them are red, yellow, green from the base on.
 */
export function thresholdStates(config: FieldConfig, scale: Scale): (value: number) => CheerState {
  const { mode, steps: configured } = config.thresholds ?? {};
  const isAbsolute = mode === ThresholdsMode.Absolute && configured !== undefined;
  const steps = configured && configured.length > 0 ? readSteps(configured) : defaultSteps;
  return (value) => {
    const at = isAbsolute ? value : scoreOf(value, scale);
    if (!Number.isFinite(at)) {
      return 'unknown';
    }
    let state = steps[0].state;
    for (const step of steps) {
      if (at >= step.from) {
        state = step.state;
      }
    }
    return state;
  };
}

function readSteps(configured: ReadonlyArray<{ readonly value: number | null; readonly color: string }>): Step[] {
  const named = configured.map(({ color }) => stateOfColor(color));
  const isNamed = named.every((state) => state !== undefined);
  // JSON can't write the base's -Infinity.
  return configured.map(({ value }, index) => ({
    from: value ?? -Infinity,
    state: (isNamed || configured.length !== 3 ? named[index] : byPosition[index]) ?? 'unknown',
  }));
}

const colors: ReadonlyArray<readonly [name: RegExp, state: CheerState]> = [
  [/green/i, 'green'],
  [/yellow|orange|amber/i, 'yellow'],
  [/red/i, 'red'],
];

/** Of one of Grafana's names for colours; undefined for any other. */
export function stateOfColor(color: string | undefined): CheerState | undefined {
  return color === undefined ? undefined : colors.find(([name]) => name.test(color))?.[1];
}
