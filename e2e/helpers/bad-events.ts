/** One bad event, the code that it gets, and what the detail must name. */
type BadEvent = readonly [what: string, text: string | Buffer, code: string, names: RegExp];

/** One byte more than an event may have. */
export const hugeText = 'x'.repeat(1_000_001);

/** Wrong by themselves, wherever they stand. */
export const badEvents: readonly BadEvent[] = [
  ['a number', '42', 'not_an_object', /object/],
  ['null', 'null', 'not_an_object', /object/],
  ['an array', '[1]', 'not_an_object', /object/],
  ['a misspelt member', '{"event_id":"bad","paylod":1}', 'unknown_member', /paylod.*payload/],
  ['a member twice', '{"event_id":"bad","payload":1,"payload":2}', 'duplicate_member', /payload/],
  ['__proto__', '{"event_id":"bad","payload":1,"__proto__":{"x":1}}', 'forbidden_member', /__proto__/],
  [
    '__proto__, escaped',
    '{"event_id":"bad","payload":1,"\\u005f_proto__":{"x":1}}',
    'forbidden_member',
    /__proto__/,
  ],
  ['constructor', '{"event_id":"bad","payload":1,"constructor":1}', 'forbidden_member', /constructor/],
  ['no event_id', '{"payload":1}', 'missing_event_id', /event_id/],
  ['an event_id that is a number', '{"event_id":7,"payload":1}', 'invalid_event_id', /number/],
  ['an empty event_id', '{"event_id":"","payload":1}', 'invalid_event_id', /empty/],
  ['an event_id with a line break', '{"event_id":"bad\\n","payload":1}', 'invalid_event_id', /U\+000A/],
  ['half a surrogate pair', '{"event_id":"bad\\ud800","payload":1}', 'invalid_event_id', /surrogate/],
  ['a long event_id', `{"event_id":"${'b'.repeat(513)}","payload":1}`, 'invalid_event_id', /513.*512/],
  ['no payload', '{"event_id":"bad"}', 'missing_payload', /payload/],
  ['a source that is a number', '{"event_id":"bad","payload":1,"source":1}', 'invalid_source', /source/],
  ['an empty type', '{"event_id":"bad","payload":1,"type":""}', 'invalid_type', /type/],
  ['a key that is an object', '{"event_id":"bad","payload":1,"key":{}}', 'invalid_key', /key.*object/],
  [
    'bytes that are no UTF-8',
    Buffer.from('{"event_id":"bad","payload":"\xff"}', 'latin1'),
    'invalid_utf8',
    /UTF-8/,
  ],
  ['an event of over 1 MB', `{"event_id":"bad","payload":"${hugeText}"}`, 'event_too_large', /1000000/],
  ...(
    [
      ['"yesterday"', 'invalid_timestamp', /yesterday/],
      ['"2024-02-30T00:00:00Z"', 'invalid_timestamp', /2024-02-30/],
      ['true', 'invalid_timestamp', /boolean/],
      ['1.5', 'invalid_timestamp', /1\.5/],
      ['1e400', 'invalid_timestamp', /Infinity/],
      ['-1', 'timestamp_too_early', /1970/],
      ['"1969-12-31T23:59:59Z"', 'timestamp_too_early', /1970/],
      ['1517966773', 'timestamp_too_early', /seconds/],
      ['"9999-12-31T23:59:59Z"', 'timestamp_too_late', /future/],
      ['9007199254740991', 'timestamp_too_late', /future/],
    ] as const
  ).map(
    ([time, code, names]) =>
      [`the timestamp ${time}`, `{"event_id":"bad","payload":1,"timestamp":${time}}`, code, names] as const,
  ),
];

/** With these an array as a whole is no JSON that can be taken apart. */
export const badLines: readonly BadEvent[] = [
  ['no JSON', 'hello', 'malformed_json', /byte at 1/],
  ['JSON that is cut short', '{"event_id":"bad","payload":', 'malformed_json', /byte/],
  ['two values', '{"event_id":"bad","payload":1}{}', 'malformed_json', /byte/],
  ['single quotes', "{'event_id':'bad'}", 'malformed_json', /byte/],
  ['a raw control character', '{"event_id":"bad","payload":"\t"}', 'malformed_json', /byte/],
  ['NaN', '{"event_id":"bad","payload":NaN}', 'malformed_json', /byte/],
  ['deep nesting', `{"event_id":"bad","payload":${'['.repeat(70)}${']'.repeat(70)}}`, 'too_deep', /64/],
  [
    'absurdly deep nesting',
    `{"event_id":"bad","payload":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
    'too_deep',
    /64/,
  ],
];
