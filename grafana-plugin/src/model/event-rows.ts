import { type DataFrame, type Field, FieldType, type Labels } from '@grafana/data';
import { type CheerEvent, type CheerEventKind } from '../types';
import { isValue, timeFieldOf } from './fields';
import { plainText } from './plain-text';
import { type OwnerNamer } from './service-labels';
import { stateOfWord } from './states';

const textColumns = ['title', 'text', 'message', 'body', 'line', 'event', 'description'];
const tagColumns = ['kind', 'type', 'tags', 'tag', 'labels'];

/** Words of a row's tags or text, and what it is then; the first that fits. */
const kinds: ReadonlyArray<readonly [word: RegExp, kind: CheerEventKind]> = [
  [/\b(releases?|released|deploys?|deployed|deployments?|rollouts?|rollbacks?|version|build_info)\b/i, 'release'],
  [/\b(flags?|feature_flag|feature_flag_info|toggle)\b/i, 'flag'],
  [/\b(miss|misses|missed)\b/i, 'miss'],
  [/\b(cheer|cheers)\b/i, 'cheer'],
  [/\b(state|alert|alerting)\b/i, 'state'],
];

/**
 * The rows of a table, a logs frame or annotations as events: a time, a text, and tags, a state and a service if there
 * are such columns.
 */
export function eventRows(frame: DataFrame, ownerOf: OwnerNamer): CheerEvent[] {
  const timeField = timeFieldOf(frame);
  const texts = columnsOf(frame, textColumns);
  if (timeField === undefined || texts.length === 0) {
    return [];
  }
  const tags = columnsOf(frame, tagColumns);
  const [states] = columnsOf(frame, ['state', 'newstate']);
  const events: CheerEvent[] = [];
  for (let row = 0; row < timeField.values.length; row++) {
    const time = Number(timeField.values[row] ?? NaN);
    const textField = texts.find(({ values }) => plainText(values[row]) !== '');
    if (!Number.isFinite(time) || textField === undefined) {
      continue;
    }
    const text = plainText(textField.values[row]);
    const words = tags.flatMap(({ values }) => wordsOf(values[row]));
    const state = states && stateOfWord(plainText(states.values[row]));
    const service = ownerOf(labelsAt(frame, row), words);
    const kind = state === undefined ? (kindOf(words.join(' ')) ?? kindOf(text) ?? 'other') : 'state';
    events.push({
      id: `row ${frame.refId ?? ''} ${time} ${service ?? ''} ${text}`,
      time,
      kind,
      text,
      ...(state === undefined ? {} : { state }),
      ...(service === undefined ? {} : { service }),
      source: { frame, field: textField, rowIndex: row },
    });
  }
  return events;
}

/** Fields with these names, whatever their case, in this order. */
function columnsOf(frame: DataFrame, names: readonly string[]): Field[] {
  return names.flatMap((name) =>
    frame.fields.filter((field) => columnName(field) === name && (isValue(field) || field.type === FieldType.other))
  );
}

function columnName({ name, config }: Field): string {
  return (config?.displayName ?? name).toLowerCase();
}

/** The words of a row's columns, and the labels of a logs frame's, which are an object. */
function labelsAt(frame: DataFrame, row: number): Labels {
  const labels: Labels = {};
  for (const field of frame.fields) {
    const value: unknown = field.values[row];
    if (field.type === FieldType.string) {
      // The option for the service label may have capitals, and a column "Service" is a likely one.
      labels[field.name] = labels[columnName(field)] = plainText(value);
    } else if (isLabels(value) && tagColumns.includes(columnName(field))) {
      Object.entries(value).forEach(([name, word]) => (labels[name] = plainText(word)));
    }
  }
  return labels;
}

function isLabels(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Tags; of an object those under a name for tags. */
function wordsOf(value: unknown): string[] {
  if (isLabels(value)) {
    return Object.entries(value).flatMap(([name, word]) => (tagColumns.includes(name) ? plainText(word) : []));
  }
  return Array.isArray(value) ? value.map(plainText) : plainText(value).split(/[\s,;]+/);
}

function kindOf(words: string): CheerEventKind | undefined {
  return kinds.find(([word]) => word.test(words))?.[1];
}
