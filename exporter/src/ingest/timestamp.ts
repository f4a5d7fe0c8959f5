const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 to the given date of the proleptic Gregorian calendar. */
function epochDays(year: number, month: number, day: number): number {
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 477;
  const thisYear = (daysBefore[month - 1] as number) + (month > 2 && isLeap(year) ? 1 : 0);
  return (year - 1970) * 365 + leapDays + thisYear + day - 1;
}

/** Minutes east of UTC from `Z` or `+hh:mm` at `at` up to the end of the text; NaN when it is neither. */
function offsetMinutes(text: string, at: number): number {
  const sign = text.charAt(at);
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : Number.NaN;
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text.charAt(at + 3) !== ':')
    return Number.NaN;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * Epoch milliseconds of an RFC 3339 date-time (section 5.6), NaN when the text is none. Digits beyond the
 * millisecond are dropped; a leap second counts as the first instant after it, as POSIX time does.
 */
export function parseRfc3339(text: string): number {
  if (text.length < 20 || text.length > 40) return Number.NaN;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const separator = text.charAt(10);
  if (text.charAt(4) !== '-' || text.charAt(7) !== '-' || text.charAt(13) !== ':' || text.charAt(16) !== ':')
    return Number.NaN;
  if (separator !== 'T' && separator !== 't' && separator !== ' ') return Number.NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  let at = 19;
  let milliseconds = 0;
  if (text.charAt(at) === '.') {
    let scale = 100;
    const first = ++at;
    for (let digit = digits(text, at, 1); !Number.isNaN(digit); digit = digits(text, ++at, 1)) {
      milliseconds += digit * scale;
      scale = scale === 1 ? 0 : scale / 10;
    }
    if (at === first) return Number.NaN;
  }
  const seconds =
    (epochDays(year, month, day) * 24 + hour) * 3600 + (minute - offsetMinutes(text, at)) * 60 + second;
  return seconds * 1000 + milliseconds;
}
