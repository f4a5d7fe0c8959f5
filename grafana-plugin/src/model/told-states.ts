import { FieldType, MappingType } from '@grafana/data';
import { type CheerState, type Role } from '../types';
import { numberAt, type Series } from './series';
import { stateOfWord } from './states';
import { stateOfColor, thresholdStates } from './thresholds';
import { type Scale } from './score-scale';
import { type Toggle } from './timeline';

/** Roles that tell a state: the first that a service has counts. */
export const tellingRoles: readonly Role[] = ['state', 'health', 'score', 'condition'];

/** What a series says of the state at its newest point. */
export function stateSaid(series: Series, scaleOf: (s: Series) => Scale): CheerState | undefined {
  const oneHot = oneHotState(series);
  if (oneHot === undefined) {
    return tellerOf(series, scaleOf)(series.last);
  }
  return isHot(series.values, series.last) ? oneHot : undefined;
}

/** Adds what a series says of the state over time. One that has ended says nothing after its newest point. */
export function addToggles(series: Series, hasEnded: boolean, scaleOf: (s: Series) => Scale, toggles: Toggle[]): void {
  const oneHot = oneHotState(series);
  const state =
    oneHot === undefined ? addRuns(series, tellerOf(series, scaleOf), toggles) : addOneHotRuns(series, oneHot, toggles);
  if (hasEnded && state !== undefined) {
    toggles.push({ time: series.lastTime + 1, state, on: false });
  }
}

/** Of a series that is 1 while this state holds. */
function oneHotState({ role, field, labels }: Series): CheerState | undefined {
  const word = role === 'state' && field.type !== FieldType.string ? labels['state'] : undefined;
  return word === undefined ? undefined : (stateOfWord(word) ?? 'unknown');
}

/** Compared as it is: null, undefined and NaN are below, true is above. */
function isHot(values: ArrayLike<unknown>, index: number): boolean {
  return (values as ArrayLike<number>)[index] >= 0.5;
}

/** 1 while the state holds, 0 otherwise. Returns the state if it holds at the newest point. */
function addOneHotRuns(series: Series, state: CheerState, toggles: Toggle[]): CheerState | undefined {
  const { times, values, last } = series;
  let isOn = false;
  for (let index = 0; index <= last; index++) {
    const on = isHot(values, index);
    if (on !== isOn) {
      isOn = on;
      toggles.push({ time: times ? times[index] : 0, state, on });
    }
  }
  return isOn ? state : undefined;
}

type Teller = (index: number) => CheerState | undefined;

/** Each point that isn't null says a state. Returns the newest. */
function addRuns(series: Series, teller: Teller, toggles: Toggle[]): CheerState | undefined {
  const { times, values, last } = series;
  let state: CheerState | undefined;
  for (let index = 0; index <= last; index++) {
    if (values[index] == null) {
      continue;
    }
    const told = teller(index);
    if (told !== state) {
      const time = times ? times[index] : 0;
      if (state !== undefined) {
        toggles.push({ time, state, on: false });
      }
      if (told !== undefined) {
        toggles.push({ time, state: told, on: true });
      }
      state = told;
    }
  }
  return state;
}

function tellerOf(series: Series, scaleOf: (s: Series) => Scale): Teller {
  const number = (index: number) => numberAt(series, index);
  switch (series.role) {
    case 'state':
      return wordTeller(series);
    case 'health':
      return (index) => ofNumber(number(index), (value) => (value >= 0.5 ? 'green' : 'red'));
    case 'score': {
      const stateOf = thresholdStates(series.field.config ?? {}, scaleOf(series));
      return (index) => ofNumber(number(index), stateOf);
    }
    default:
      return (index) => ofNumber(number(index), (value) => (value >= 0.5 ? 'green' : 'yellow'));
  }
}

function ofNumber(value: number, stateOf: (value: number) => CheerState): CheerState | undefined {
  return Number.isFinite(value) ? stateOf(value) : undefined;
}

/** Words as they are; numbers and enums by the field's mappings, their words first, then their colours. */
function wordTeller({ field, values }: Series): Teller {
  const known = new Map<unknown, CheerState>();
  return (index) => {
    const value = values[index];
    let state = known.get(value);
    if (state === undefined) {
      state = stateOfWord(String(value)) ?? mappedState(value, field) ?? 'unknown';
      known.set(value, state);
    }
    return state;
  };
}

function mappedState(value: unknown, { config, type, display }: Series['field']): CheerState | undefined {
  const mappings = config?.mappings ?? [];
  for (const mapping of mappings) {
    const { text, color } = (mapping.type === MappingType.ValueToText && mapping.options[String(value)]) || {};
    const state = stateOfWord(text ?? '') ?? stateOfColor(color);
    if (state !== undefined) {
      return state;
    }
  }
  const isMapped = mappings.length > 0 || type === FieldType.enum;
  const shown = isMapped ? display?.(value).text : undefined;
  return stateOfWord(shown ?? config?.type?.enum?.text?.[Number(value)] ?? '');
}
