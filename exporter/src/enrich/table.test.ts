import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storedEvent } from '../../test/helpers/stored-event';
import { createEnricher } from './enricher';

const baseDir = mkdtempSync(join(tmpdir(), 'selfcheer-table-'));
afterAll(() => rmSync(baseDir, { recursive: true }));

function enricherFor(file: string, text: string, column: string | undefined) {
  writeFileSync(join(baseDir, file), text);
  const step = {
    step: 'table' as const,
    file,
    key: ['a', 'k'],
    field: 'row',
    ...(column !== undefined && { column }),
  };
  return createEnricher([step], { baseDir });
}
function rowFor(file: string, text: string, column: string | undefined, payload: string): string {
  const outcome = enricherFor(file, text, column).enrich(storedEvent(payload));
  if (outcome instanceof Promise || outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
  return outcome.enriched.toString();
}

const csv =
  '\ufeffcode,name,__proto__\r\nDE,"Ger""many, é",1\r\n\r\n9007199254740993,big,2\r\ntrue,yes,3\r\n';
const list = '[{"id":7,"name":"seven","10":[1]},{"name":"x","id":"DE","__proto__":1}]';
const byKey = '{"DE":{"name":"Germany"},"7":[1,2],"__proto__":5}';

describe('table', () => {
  it.each([
    ['t.csv', csv, 'code', '{"a":{"k":"DE"}}', '{"row":{"name":"Ger\\"many, é","__proto__":"1"}}'],
    ['t.csv', csv, 'code', '{"a":{"k":9007199254740993}}', '{"row":{"name":"big","__proto__":"2"}}'],
    ['t.csv', csv, 'code', '{"a":{"k":9007199254740992}}', '{"row":null}'],
    ['t.csv', csv, 'code', '{"a":{"k":true}}', '{"row":{"name":"yes","__proto__":"3"}}'],
    ['t.csv', csv, 'code', '{"a":{"k":"D\\u0045"}}', '{"row":{"name":"Ger\\"many, é","__proto__":"1"}}'],
    ['t.csv', csv, 'code', '{"a":{"k":"FR","k":"DE"}}', '{"row":{"name":"Ger\\"many, é","__proto__":"1"}}'],
    ['t.csv', csv, 'code', '{"a":{"k":"toString"}}', '{"row":null}'],
    ['t.csv', csv, 'code', '{"a":{"k":["DE"]}}', '{"row":null}'],
    ['t.csv', csv, 'code', '{"a":{"k":null}}', '{"row":null}'],
    ['t.csv', csv, 'code', '"text"', '{"row":null}'],
    ['l.json', list, 'id', '{"a":{"k":7}}', '{"row":{"10":[1],"name":"seven"}}'],
    ['l.json', list, 'id', '{"a":{"k":"DE"}}', '{"row":{"name":"x","__proto__":1}}'],
    ['o.json', byKey, undefined, '{"a":{"k":7}}', '{"row":[1,2]}'],
    ['o.json', byKey, undefined, '{"a":{"k":"__proto__"}}', '{"row":5}'],
    ['o.json', byKey, undefined, '{"a":{"k":"constructor"}}', '{"row":null}'],
  ])('%s %# %s %s', (file, text, column, payload, enriched) => {
    expect(rowFor(file, text, column, payload)).toBe(enriched);
  });

  it.each([
    ['t.csv', csv, 'kode', /no column "kode", only code, name/],
    ['t.csv', csv, undefined, /`column` does not say/],
    ['t.csv', 'a,b\n1,2\n1,3\n', 'a', /key "1" twice/],
    ['t.csv', 'a,a\n1,2\n', 'a', /same name/],
    ['t.csv', 'a,b\n1\n', 'a', /line 2/],
    ['l.json', list, undefined, /`column` does not say/],
    ['l.json', '[{"id":null}]', 'id', /item 0 has no text/],
    ['o.json', byKey, 'id', /leave `column` out/],
    ['o.json', '{', undefined, /JSON/],
    ['o.json', '5', undefined, /neither a list/],
    ['t.txt', '', 'a', /neither in \.csv nor|ends in neither/],
  ])('refuses %s %# at start', (file, text, column, problem) => {
    expect(() => enricherFor(file, text, column)).toThrow(problem);
    expect(() => enricherFor(file, text, column)).toThrow(/^enrich step 1 \(table\): can't use /);
  });
});
