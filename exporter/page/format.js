const plain = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dateFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

const unknown = '–';
export const isKnown = (value) => typeof value === 'number' && Number.isFinite(value);

/** A format that shows a dash for what is not known, or is no number at all. */
const known = (format) => (value) => (isKnown(value) ? format(value) : unknown);

/** Three significant digits, without an exponent. */
function three(value) {
  const size = Math.abs(value);
  return trim(value.toFixed(size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2));
}

const trim = (digits) => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);

export const exact = known((value) => plain.format(value));
export const count = known((value) => (Math.abs(value) < 1e7 ? plain.format(value) : compact.format(value)));
export const rate = known((value) =>
  value === 0 ? '0' : value < 100 ? three(value) : value < 1e5 ? plain.format(value) : compact.format(value),
);
export const times = known((value) => `${value >= 1000 ? compact.format(value) : three(value)}×`);

export const bytes = known((value) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${three(scaled)} ${units[unit]}`;
});

/** A measured time: 40 µs, 4.2 ms, 1.31 s, 2 min 5 s. */
export const seconds = known((value) => {
  if (value === 0) return '0 s';
  if (value < 0.001) return `${three(value * 1e6)} µs`;
  if (value < 1) return `${three(value * 1e3)} ms`;
  if (value < 60) return `${three(value)} s`;
  return span(value);
});

/** How long something lasts, in its two largest units. */
export const span = known((value) => {
  const whole = Math.max(0, Math.floor(value));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return two(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return two(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
});

/** How long something lasts, in its largest unit: for what is looked at in passing. */
export const coarse = (value) => span(value).split(' ').slice(0, 2).join(' ');

const two = (large, largeUnit, small, smallUnit) =>
  small === 0
    ? `${plain.format(large)} ${largeUnit}`
    : `${plain.format(large)} ${largeUnit} ${small} ${smallUnit}`;

export const percent = known((ratio) => `${three(ratio * 100)} %`);

/** What is left of a budget; of one that is overspent, how many times all of it was used. */
export const budget = known((ratio) =>
  ratio < 0 ? `overspent ${Number(Math.max(1.01, 1 - ratio).toPrecision(3))}×` : percent(ratio),
);

/** A ratio close to 1 shows as many nines as it has. */
export const nines = known((ratio) => {
  if (ratio === 1) return '100 %';
  const digits = Math.min(4, Math.max(1, Math.ceil(-Math.log10(1 - ratio)) - 1));
  const step = 10 ** digits;
  // Rounded down: 99.99 % must not be shown as 100 %.
  return `${trim((Math.floor(ratio * 100 * step + 1e-9) / step).toFixed(digits))} %`;
});

/** Keeps a figure and its unit on one line. */
export const bound = (text) => String(text ?? '').replace(/(\d) (?=%|[µm]?s\b|min\b|h\b)/g, '$1\u00a0');

export const clock = known((epochMs) => clockFormat.format(epochMs));

/** The time of day, with the date when it is not from the last twelve hours. */
export const moment = (iso, nowMs) => {
  const at = Date.parse(iso ?? '');
  if (Number.isNaN(at)) return unknown;
  return nowMs - at < 43_200_000 ? clockFormat.format(at) : dateFormat.format(at);
};

/** Not a number when the time is not known. */
export const secondsSince = (iso, nowMs) => Math.max(0, (nowMs - Date.parse(iso ?? '')) / 1000);
