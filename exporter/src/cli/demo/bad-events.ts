/** One way in which an event can be bad, and what has to become of it. */
export interface BadKind {
  readonly name: string;
  /** The code that ingest answers with, or `quarantined` for one that enrichment sets aside. */
  readonly expected: string;
  /** One line of NDJSON; `id` is unique. */
  readonly line: (id: string) => Buffer;
}

const text = (line: string): Buffer => Buffer.from(line);

/** What producers get wrong, one of each kind. */
export const badKinds: readonly BadKind[] = [
  {
    name: 'event_id is a number',
    expected: 'invalid_event_id',
    line: () => text('{"event_id":42,"payload":{"mag":1.2}}'),
  },
  { name: 'no event_id', expected: 'missing_event_id', line: () => text('{"payload":{"mag":1.2}}') },
  { name: 'no payload', expected: 'missing_payload', line: (id) => text(`{"event_id":"${id}"}`) },
  {
    name: '__proto__ in the envelope',
    expected: 'forbidden_member',
    line: (id) => text(`{"event_id":"${id}","payload":1,"__proto__":{"admin":true}}`),
  },
  {
    name: 'timestamp "yesterday"',
    expected: 'invalid_timestamp',
    line: (id) => text(`{"event_id":"${id}","payload":1,"timestamp":"yesterday"}`),
  },
  {
    name: 'timestamp in the year 2286',
    expected: 'timestamp_too_late',
    line: (id) => text(`{"event_id":"${id}","payload":1,"timestamp":9999999999999}`),
  },
  {
    name: 'bytes that are no UTF-8',
    expected: 'invalid_utf8',
    line: (id) =>
      Buffer.concat([text(`{"event_id":"${id}","payload":"`), Buffer.from([0xff, 0xfe]), text('"}')]),
  },
  {
    name: 'a line cut in half',
    expected: 'malformed_json',
    line: (id) => text(`{"event_id":"${id}","payload":{"mag":`),
  },
  {
    name: 'magnitude "strong"',
    expected: 'quarantined',
    line: (id) =>
      text(
        `{"event_id":"${id}","type":"usgs.earthquake","payload":{"id":"${id}","properties":{"mag":"strong","place":"nowhere"}}}`,
      ),
  },
];
