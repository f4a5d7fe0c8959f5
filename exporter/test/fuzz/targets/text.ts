import { parseMediaType } from '../../../src/ingest/media-type';
import { parseRfc3339 } from '../../../src/ingest/timestamp';
import { mutate, type Random } from '../random';
import { demand, type Target } from '../target';

const grammar = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 by its grammar and the built-in calendar. */
function reference(text: string): number {
  const match = text.length <= 40 ? grammar.exec(text) : null;
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = '', sign, offsetHour, offsetMinute] = match;
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN;
  if (Number(offsetHour ?? 0) > 23 || Number(offsetMinute ?? 0) > 59) return Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes 0 to 99 for 1900 to 1999
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return Number.NaN;
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0));
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
}

const pad = (random: Random, below: number, digits = 2): string =>
  String(random.int(below)).padStart(digits, '0');

function timestamp(random: Random): string {
  const year = random.oneIn(3)
    ? pad(random, 10_000, 4)
    : random.pick(['2024', '1900', '2000', '1970', '0000']);
  const date = `${year}-${pad(random, 14)}-${pad(random, 33)}`;
  const time = `${pad(random, 25)}:${pad(random, 61)}:${pad(random, 62)}`;
  const fraction = random.oneIn(2) ? '' : `.${'123456789012345678'.slice(0, random.int(19))}`;
  const zone = random.oneIn(2)
    ? random.pick(['Z', 'z', ''])
    : `${random.pick(['+', '-'])}${pad(random, 25)}:${pad(random, 61)}`;
  return date + random.pick(['T', 't', ' ', '_']) + time + fraction + zone;
}

export const textTargets: readonly Target[] = [
  {
    name: 'timestamp',
    share: 80,
    run: (random, input) => {
      const made = timestamp(random);
      const text = random.oneIn(3)
        ? mutate(random, Buffer.from(made), Buffer.from(timestamp(random))).toString()
        : made;
      input(text);
      const [found, expected] = [parseRfc3339(text), reference(text)];
      demand(Object.is(found, expected), 'the moment is that of the calendar', found, expected);
    },
  },
  {
    name: 'media type',
    share: 15,
    run: (random, input) => {
      const made = `application/${random.pick(['json', 'x-ndjson', 'a+json'])}${random.pick(['', '; charset=utf-8', ';charset="UTF-8"', '; a=b; charset=x', ';;;='])}`;
      const text = mutate(random, Buffer.from(made), Buffer.from('; charset="\\"')).toString('latin1');
      input(text);
      const { essence, charset } = parseMediaType(text);
      demand(essence === essence.toLowerCase() && !essence.includes(';'), 'an essence', essence);
      demand(charset === undefined || charset === charset.toLowerCase(), 'a charset', charset);
    },
  },
];
