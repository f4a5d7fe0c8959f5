import { type CheerEvent } from '../types';
import { mostEventsOfService } from './newest-events';
import { type Series, sourceOf } from './series';
import { changeText } from './states';
import { type Change } from './timeline';

/** "Red, was yellow": an event for each change of state. */
export function stateEvents(changes: readonly Change[], series: Series, key: string, service: string): CheerEvent[] {
  const source = sourceOf(series, series.last);
  return changes.slice(-mostEventsOfService).map(({ time, state, was }) => ({
    // At the newest point it may change, and end.
    id: `state ${key} ${time} ${state}`,
    time,
    kind: 'state',
    state,
    text: changeText(state, was),
    service,
    source,
  }));
}
