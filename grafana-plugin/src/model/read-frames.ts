import { type DataFrame } from '@grafana/data';
import { dimensionsOf, isValue, metricOf, timeFieldOf } from './fields';
import { readTable } from './read-table';
import { displayNameOf, type RoleMatcher } from './roles';
import { type Found, makeSeries, pointsOf } from './series';

/** Finds the series that play a role, and the frames that are events. */
export function readFrames(frames: readonly DataFrame[], matcher: RoleMatcher, eventsRefId: string): Found {
  const found: Found = { series: [], eventFrames: [], strangers: new Set(), hasRows: false, isFixed: true };
  for (const frame of frames) {
    if (eventsRefId !== '' && frame.refId === eventsRefId) {
      found.eventFrames.push(frame);
      continue;
    }
    const dimensions = dimensionsOf(frame, matcher);
    if (dimensions.length > 0) {
      found.isFixed = false;
      readTable(frame, dimensions, matcher, found);
    } else {
      readColumns(frame, matcher, found);
    }
  }
  return found;
}

/** Each field is a series; one or more of them share a time. */
function readColumns(frame: DataFrame, matcher: RoleMatcher, found: Found): void {
  const timeField = timeFieldOf(frame);
  for (const field of frame.fields) {
    if (!isValue(field)) {
      continue;
    }
    const metric = metricOf(field);
    const role = matcher.roleOf(frame, field, metric);
    if (role === 'event') {
      found.eventFrames.push(frame);
      return;
    }
    found.hasRows ||= field.values.length > 0;
    if (role === undefined) {
      found.strangers.add(metric ?? displayNameOf(field) ?? field.name);
      continue;
    }
    const points = pointsOf(field, timeField);
    const series = makeSeries(role, metric ?? field.name, field.labels ?? {}, frame, field, timeField, points);
    if (series) {
      found.series.push(series);
    } else {
      found.isFixed = false;
    }
  }
}
