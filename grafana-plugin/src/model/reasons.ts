import { type Reason, type ServiceView } from '../types';
import { numberAt, type Series } from './series';
import { type ServiceSeries } from './service-series';
import { presenceOf } from './staleness';

const sentences: Readonly<Record<string, string>> = {
  error_budget: 'The error budget is nearly spent',
  latency: 'Too slow',
  saturation: 'A queue is nearly full',
  age: 'Events wait too long',
  breakers: 'A breaker is open',
};

/** `since`: epoch ms of the present state's begin, if the data show it. */
type Judged = Pick<ServiceView, 'state' | 'budgets' | 'since'>;

interface Facts {
  readonly series: ServiceSeries;
  /** Whether the score alone says the state. */
  readonly isByScore: boolean;
  /** Epoch ms. */
  readonly to: number;
}

/** Why it is yellow or red, or can't be green yet: conditions that fail now, then figures that are too low. */
export function reasonsOf(service: Judged, { series, isByScore, to }: Facts): Reason[] {
  const { state } = service;
  if (state !== 'yellow' && state !== 'red' && state !== 'warming') {
    return [];
  }
  const reasons = failingConditions(series.of('condition') ?? [], to);
  if (!reasons.some(({ id }) => id === 'error_budget')) {
    for (const { slo, remaining } of service.budgets) {
      if (remaining?.value === 0) {
        const text = slo === '' ? 'The error budget is spent' : `The error budget of ${slo} is spent`;
        reasons.push({ id: `budget:${slo}`, text });
      }
    }
  }
  if (isByScore && reasons.length === 0) {
    reasons.push(makeReason('score', 'The score is low', service.since));
  }
  return reasons;
}

function failingConditions(conditions: readonly Series[], to: number): Reason[] {
  const { present, stale, lastSeen = Infinity } = presenceOf(conditions, to);
  const begins = new Map<string, number | undefined>();
  for (const series of stale ? [] : present) {
    const id = series.labels['condition'] ?? '';
    const begin = failingSince(series);
    if (begin === 'holds') {
      continue;
    }
    // With several pods the first that failed; undefined is earlier than any.
    const known = begins.has(id) ? begins.get(id) : Infinity;
    begins.set(id, begin === undefined || known === undefined ? undefined : Math.min(begin, known));
  }
  // One point has lasted for no time yet.
  return Array.from(begins, ([id, begin = Infinity]) =>
    makeReason(id, sentenceOf(id), begin < lastSeen ? begin : undefined)
  );
}

/** Epoch ms of the first point of the present run of failures; undefined when there is nothing before it. */
function failingSince(series: Series): number | undefined | 'holds' {
  const { times, values, last } = series;
  if (!(numberAt(series, last) < 0.5)) {
    return 'holds';
  }
  let first = last;
  for (let index = last - 1; index >= 0; index--) {
    // A gap doesn't end a run.
    if (values[index] == null) {
      continue;
    }
    if (!(numberAt(series, index) < 0.5)) {
      return times?.[first];
    }
    first = index;
  }
  return undefined;
}

function makeReason(id: string, text: string, since: number | undefined): Reason {
  return since === undefined ? { id, text } : { id, text, since };
}

/** "Disk space fails" of `disk_space`. */
function sentenceOf(id: string): string {
  if (Object.hasOwn(sentences, id)) {
    return sentences[id];
  }
  const words = id.replace(/[_-]+/g, ' ').trim();
  return words === '' ? 'A condition fails' : `${words[0].toUpperCase()}${words.slice(1)} fails`;
}
