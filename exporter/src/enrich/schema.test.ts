import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storedEvent } from '../../test/helpers/stored-event';
import { createEnricher } from './enricher';

const baseDir = mkdtempSync(join(tmpdir(), 'selfcheer-schema-'));
afterAll(() => rmSync(baseDir, { recursive: true }));

function enricherFor(schema: unknown, types?: string[]) {
  writeFileSync(join(baseDir, 's.json'), typeof schema === 'string' ? schema : JSON.stringify(schema));
  return createEnricher([{ step: 'schema', file: 's.json', ...(types && { types }) }], { baseDir });
}
function verdictOf(schema: unknown, json: string): string {
  const outcome = enricherFor(schema).enrich(storedEvent(json));
  if (outcome instanceof Promise) throw new Error('a schema needs no promise');
  return outcome.outcome === 'quarantine'
    ? `${outcome.verdict.reason}: ${outcome.verdict.detail}`
    : outcome.outcome;
}
const draft07 = 'http://json-schema.org/draft-07/schema#';
const draft2020 = 'https://json-schema.org/draft/2020-12/schema';

describe('schema', () => {
  it.each([
    [
      { type: 'object', properties: { user: { properties: { age: { type: 'integer' } } } } },
      '{"user":{"age":"x"}}',
      'schema: /user/age must be integer',
    ],
    [{ type: 'array' }, '{}', 'schema: the payload must be array'],
    [{ type: 'string' }, '"aGk="', 'ok'],
    [{ required: ['toString'] }, '{}', "schema: the payload must have required property 'toString'"],
    [
      { properties: { a: true }, additionalProperties: false },
      '{"__proto__":1}',
      'schema: the payload must NOT have additional properties: "__proto__"',
    ],
    [
      { properties: { t: { format: 'date-time' } } },
      '{"t":"yesterday"}',
      'schema: /t must match format "date-time"',
    ],
    [{ items: { pattern: 'b+$' } }, '["abb"]', 'ok'],
    [
      { items: { pattern: '^(a+)+$' } },
      `["${'a'.repeat(50_000)}!"]`,
      'schema: /0 must match pattern "^(a+)+$"',
    ],
    [
      { uniqueItems: true },
      '[{"a":1,"b":2},{"b":2,"a":1}]',
      'schema: the payload must NOT have duplicate items',
    ],
    [{ uniqueItems: true }, '[1,"1",[1],{"a":1},null]', 'ok'],
    [{ $schema: draft2020, prefixItems: [{ const: 1 }] }, '[2]', 'schema: /0 must be equal to constant'],
    [{ $schema: draft07, items: [{ const: 1 }] }, '[2]', 'schema: /0 must be equal to constant'],
    [false, '1', 'schema: the payload boolean schema is false'],
  ])('%j on %s', (schema, json, verdict) => {
    expect(verdictOf(schema, json)).toBe(verdict);
  });

  it('compares a long list of objects in passing', () => {
    const list = Array.from({ length: 50_000 }, (_, index) => ({ index }));
    expect(verdictOf({ uniqueItems: true }, JSON.stringify(list))).toBe('ok');
  });

  it('sets aside what is too deep for a recursive schema', () => {
    const depth = 100_000;
    const schema = { type: 'array', items: { $ref: '#' } };
    expect(verdictOf(schema, '['.repeat(depth) + ']'.repeat(depth))).toBe(
      'schema: the payload is nested too deep to be checked',
    );
  });

  it('checks the types named and no others', () => {
    const enricher = enricherFor({ type: 'object' }, ['order']);
    expect(enricher.enrich(storedEvent('1', { type: 'order' }))).toMatchObject({ outcome: 'quarantine' });
    expect(enricher.enrich(storedEvent('1', { type: 'other' }))).toMatchObject({ outcome: 'ok' });
  });

  it.each([
    ['{', /s\.json: .*JSON/],
    ['[]', /a schema is an object/],
    [{ requird: ['a'] }, /unknown keyword: "requird"/],
    [{ type: 'objekt' }, /type/],
    [{ format: 'emial' }, /emial/],
    [{ pattern: '(?=a)' }, /look-around/],
    [{ $ref: 'other.json' }, /other\.json/],
    [{ $async: true }, /\$async/],
    [{ $schema: 'http://json-schema.org/draft-04/schema#' }, /neither draft-07 nor 2020-12/],
  ])('refuses %j at start', (schema, problem) => {
    expect(() => enricherFor(schema)).toThrow(problem);
    expect(() => enricherFor(schema)).toThrow(
      /^enrich step 1 \(schema\): can't use s\.json: .*; it must be one self-contained/,
    );
  });

  it('refuses a file that is not there', () => {
    expect(() => createEnricher([{ step: 'schema', file: 'none.json' }], { baseDir })).toThrow(
      /step 1 \(schema\).*none\.json.*ENOENT/,
    );
  });
});
