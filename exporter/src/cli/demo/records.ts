import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SelfcheerError, UsageError } from '../../errors';
import { createEventMaker, type EventOptions } from '../send/event';
import { jsonRows } from '../send/json';

/** The directory of the vega-datasets package, which holds real records. */
export function datasetsDirectory(): string {
  try {
    return join(dirname(require.resolve('vega-datasets')), '..', 'data');
  } catch (error) {
    throw new UsageError('The demo plays the records of vega-datasets; run npm ci in the repository first.', {
      cause: error,
    });
  }
}

/** The USGS feed of one week: 1,707 earthquakes with ids and times of their own. */
export function earthquakes(directory: string): Generator<string> {
  return eventsOf(join(directory, 'earthquakes.json'), 'features', {
    name: 'earthquakes',
    idField: 'id',
    timeField: 'properties.time',
    source: 'https://earthquake.usgs.gov',
    type: 'usgs.earthquake',
  });
}

/** 20,000 flights of 2001 (US Bureau of Transportation Statistics); they have no id, so one is made of each row. */
export function flights(directory: string): Generator<string> {
  return eventsOf(join(directory, 'flights-20k.json'), undefined, {
    name: 'flights',
    keyField: 'origin',
    source: 'https://www.bts.gov',
    type: 'us.flight',
  });
}

function* eventsOf(file: string, select: string | undefined, options: EventOptions): Generator<string> {
  const toEvent = createEventMaker(options);
  for (const row of jsonRows(readFileSync(file, 'utf8'), select)) {
    const made = toEvent(row);
    if (!made.ok) throw new SelfcheerError('demo', `${file}, row ${row.ordinal} ${made.fault.detail}`);
    yield made.event.body;
  }
}
