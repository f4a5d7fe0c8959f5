import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('It must be a whole number above 0.');
  }
  return number;
}

/** The service lists at most as many rejections in one answer, and each of them must be told. */
const largestBatch = 1_000;

export function batchSize(text: string): number {
  const number = wholeNumber(text);
  if (number > largestBatch) throw new InvalidArgumentError(`It must be at most ${largestBatch}.`);
  return number;
}

/** For arguments that may be given several times. */
export function wholeNumbers(text: string, earlier: readonly number[] = []): readonly number[] {
  return [...earlier, wholeNumber(text)];
}

/** Events a second: `200`, `200/s`, `0.5`. */
export function rate(text: string): number {
  const number = Number(text.replace(/\/s$/, ''));
  if (!(number > 0) || !Number.isFinite(number)) {
    throw new InvalidArgumentError('It must be events a second, for example 200.');
  }
  return number;
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Seconds of `90`, `90s`, `1.5m`, `2h` or `500ms`. */
export function seconds(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be a time, for example 60s or 5m.');
  return Number(number) * (unitSeconds[unit ?? 's'] as number);
}

/** Epoch milliseconds of a time in RFC 3339, or of so long ago (`30m`). */
export function pastTime(text: string): number {
  if (!/^\d{4}-/.test(text)) return Date.now() - seconds(text) * 1000;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a time, for example 2h or 2026-01-31T12:00:00Z.');
  return time;
}
