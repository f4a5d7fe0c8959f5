import { type DataFrame, FieldType } from '@grafana/data';
import { type CheerEvent, type CheerEventKind } from '../types';
import { isValue, metricOf, timeFieldOf } from './fields';
import { plainText } from './plain-text';
import { displayNameOf } from './roles';
import { makeSeries, numberAt, pointsOf, type Series, sourceOf } from './series';
import { type OwnerNamer } from './service-labels';
import { intervalOf } from './staleness';

const kinds: ReadonlyArray<readonly [label: string, kind: CheerEventKind]> = [
  ['flag', 'flag'],
  ['version', 'release'],
];

/** What happened, and each time at which a series says that it is so. */
interface Happening extends Pick<CheerEvent, 'kind' | 'text' | 'service'> {
  readonly spans: Span[];
}

/** Epoch ms of the first and of the last point that aren't 0. */
interface Span {
  readonly start: number;
  end: number;
  /** It may have been so before the time range. */
  readonly isOld: boolean;
  /** Ms. */
  readonly interval: number;
  readonly source: NonNullable<CheerEvent['source']>;
}

/**
 * Events of frames with figures and no texts: a moment at which one is no longer 0, or at which its series begins (`from`
 * is where the time range does, epoch ms). So `cheer_build_info` says when a version came: with its first pod, not again
 * with each that follows.
 */
export function eventSeries(frames: readonly DataFrame[], ownerOf: OwnerNamer, from: number): CheerEvent[] {
  const happenings = new Map<string, Happening>();
  for (const series of frames.flatMap(figuresOf)) {
    const one = happeningOf(series, ownerOf);
    const key = JSON.stringify([one.service, one.text]);
    const known = happenings.get(key) ?? one;
    happenings.set(key, known);
    known.spans.push(...spansOf(series, from));
  }
  return [...happenings.values()].flatMap(beginsOf);
}

function figuresOf(frame: DataFrame): Series[] {
  const timeField = timeFieldOf(frame);
  return frame.fields.flatMap((field) => {
    if (timeField === undefined || !isValue(field) || field.type === FieldType.string) {
      return [];
    }
    const metric = metricOf(field) ?? field.name;
    return makeSeries('event', metric, field.labels ?? {}, frame, field, timeField, pointsOf(field, timeField)) ?? [];
  });
}

function happeningOf({ labels, metric, field }: Series, ownerOf: OwnerNamer): Happening {
  const service = ownerOf(labels);
  const [label, kind] = kinds.find(([name]) => name in labels) ?? [];
  const text =
    label === undefined
      ? plainText(displayNameOf(field) ?? metric)
      : plainText(`${kind === 'flag' ? 'Flag' : 'Version'} ${labels[label]} ${labels['variant'] ?? ''}`);
  return { kind: kind ?? 'other', text, ...(service === undefined ? {} : { service }), spans: [] };
}

function spansOf(series: Series, from: number): Span[] {
  const { times, last } = series;
  const interval = intervalOf(series);
  const spans: Span[] = [];
  let span: Span | undefined;
  for (let index = 0; times !== undefined && index <= last; index++) {
    if (!(numberAt(series, index) > 0)) {
      span = undefined;
      continue;
    }
    const time = times[index];
    if (span === undefined) {
      const isOld = index === 0 && !(time - from > 2 * interval);
      span = { start: time, end: time, isOld, interval, source: sourceOf(series, index) };
      spans.push(span);
    }
    span.end = time;
  }
  return spans;
}

/** Where it begins to be so while no other series says that it already is. */
function beginsOf({ spans, ...what }: Happening): CheerEvent[] {
  const events: CheerEvent[] = [];
  let until = -Infinity;
  for (const { start, end, isOld, interval, source } of spans.sort((a, b) => a.start - b.start)) {
    if (!isOld && !(start - until <= 2 * interval)) {
      events.push({ id: `series ${what.service ?? ''} ${what.text} ${start}`, time: start, ...what, source });
    }
    until = Math.max(until, end);
  }
  return events;
}
