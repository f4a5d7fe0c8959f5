import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Message } from '../../../e2e/helpers/published';
import { Updates } from './updates';

let folder: string;
let updates: Updates;
let posted: string[];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-updates-'));
  posted = [];
  // Of two tries one is refused; ids 0, 1, 2 have 1, 2 and 3 bodies.
  updates = new Updates({
    ledger: path.join(folder, 'ledger'),
    rate: 10_000,
    post: async (body) => {
      posted.push(body);
      if (posted.length === 12) updates.stop();
      return posted.length % 2 === 0 ? 202 : 503;
    },
  });
  await updates.run();
});
afterEach(() => rmSync(folder, { recursive: true }));

function message(id: number, revision: number, payload = Updates.payload(id, revision)): Message {
  return {
    key: 'k',
    value: `{"event_id":"update-${id}","payload":${payload},"timestamp":1}`,
    headers: { ce_id: `update-${id}`, ce_revision: String(revision) },
  };
}
const all = [message(0, 1), message(1, 1), message(1, 2), message(2, 1), message(2, 2), message(2, 3)];

it('finds nothing wrong in what is as sent, and counts what is there twice', () => {
  expect(updates.acknowledged).toBe(6);
  for (const one of [...all, message(1, 1)]) updates.add(one);
  expect(updates.account()).toEqual({
    acked: 6,
    found: 6,
    duplicates: 1,
    missing: [],
    altered: [],
    disordered: [],
  });
});

it('tells what is missing, altered, never sent or out of order', () => {
  for (const one of [
    message(0, 1, '{"other":1}'),
    message(1, 2),
    message(1, 1),
    message(2, 4),
    message(3, 1),
  ]) {
    updates.add(one);
  }
  expect(updates.account()).toMatchObject({
    missing: ['update-0 1', 'update-2 1', 'update-2 2', 'update-2 3'],
    altered: ['update-0 1', 'update-2 4', 'update-3 1'],
    disordered: ['update-1 1'],
  });
});
