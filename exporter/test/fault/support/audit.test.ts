import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bodyHash } from '../../../../e2e/helpers/ledger-driver';
import type { Message } from '../../../../e2e/helpers/published';
import { audit, type AuditedDriver, nothingWrong } from './audit';

const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-audit-'));
const ledger = path.join(folder, 'ledger.txt');
const sent = 20;
const payload = (n: number) => `{"n":${n}}`;

/** Sent twenty events of four keys. */
const driver: AuditedDriver = {
  ledger,
  event: (n) => ({ n, id: `driven-${n}`, key: `key-${n % 4}` }),
  issued: (n) => n < sent,
  numberOf: (id) => (id.startsWith('driven-') ? Number(id.slice(7)) : undefined),
  payload,
};

function message(n: number, changes: { key?: string; payload?: string; revision?: string } = {}): Message {
  const { id, key } = driver.event(n);
  return {
    key: changes.key ?? key,
    value: `{"event_id":"${id}","payload":${changes.payload ?? payload(n)},"timestamp":1,"enriched":{}}`,
    headers: { ce_id: id, ce_revision: changes.revision ?? '1' },
  };
}

const all = Array.from({ length: sent }, (_, n) => message(n));

function auditOf(messages: readonly Message[], elsewhere: readonly string[] = []) {
  return audit({
    drivers: [driver],
    consumer: {
      async *messages() {
        yield* messages;
      },
    },
    alsoSent: new Set(['fresh']),
    elsewhere: new Set(elsewhere),
    mustBeThere: [],
  });
}

beforeAll(() => {
  // All but the last two were acknowledged.
  const lines = all.slice(0, sent - 2).map((_, n) => `driven-${n} ${bodyHash(payload(n))}\n`);
  writeFileSync(ledger, lines.join(''));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('what adds up', async () => {
  const figures = { acked: 18, found: 20, duplicates: 0 };
  expect(await auditOf(all)).toEqual({ ...figures, ...nothingWrong });
});

test('an unacknowledged event may go either way', async () => {
  expect(await auditOf(all.slice(0, 18))).toMatchObject({ found: 18, ...nothingWrong });
});

test('an acknowledged event that is nowhere is missing; in quarantine it is not', async () => {
  const without = all.filter((_, n) => n !== 7);
  expect(await auditOf(without)).toMatchObject({ ...nothingWrong, missing: ['driven-7'] });
  expect(await auditOf(without, ['driven-7'])).toMatchObject(nothingWrong);
});

test('a repeated event is a duplicate and no disorder', async () => {
  const again = [...all.slice(0, 10), ...all.slice(4, 10), ...all.slice(10)];
  expect(await auditOf(again)).toMatchObject({ ...nothingWrong, found: 20, duplicates: 6 });
});

test('an event before an earlier one of its key is out of order', async () => {
  const swapped = [...all];
  [swapped[3], swapped[7]] = [all[7]!, all[3]!];
  expect(await auditOf(swapped)).toMatchObject({ ...nothingWrong, disordered: ['driven-3'] });
});

test.each([
  ['a payload that is not byte for byte', { payload: '{"n": 5}' }, { altered: ['driven-5'] }],
  ['a second revision of what was sent once', { revision: '2' }, { altered: ['driven-5'] }],
  ['another key', { key: 'key-3' }, { notIssued: ['driven-5'], disordered: expect.anything() as unknown }],
])('%s', async (_, changes, wrong) => {
  const messages = all.map((each, n) => (n === 5 ? message(5, changes) : each));
  expect(await auditOf(messages)).toMatchObject({ ...nothingWrong, ...wrong });
});

test('what nobody sent', async () => {
  const stranger: Message = { key: 'x', value: '{}', headers: { ce_id: 'x', ce_revision: '1' } };
  expect(await auditOf([...all, stranger])).toMatchObject({ ...nothingWrong, notIssued: ['x'] });
  expect(await auditOf([...all, message(sent)])).toMatchObject({ ...nothingWrong, notIssued: ['driven-20'] });
});

test('a body with another hash than the ledger has', async () => {
  writeFileSync(ledger, `driven-1 ${bodyHash('{}')}\n`);
  expect(await auditOf(all)).toMatchObject({ ...nothingWrong, acked: 1, wrongHash: ['driven-1'] });
});
