import { markdownTable, type RowResult, textTable } from './results';

const rows: RowResult[] = [
  {
    fault: 'kill -9',
    acked: 15450,
    found: 15450,
    duplicates: 0,
    order: 'kept',
    recoverySeconds: 0.71,
    rssPeakBytes: 204 * 2 ** 20,
    passed: true,
    seconds: 6.93,
  },
  { fault: 'disk full', passed: false, seconds: 60, notes: 'a | b' },
];

test('the table is aligned, figures to the right', () => {
  expect(textTable(rows)).toBe(
    [
      'fault       acked   found  duplicates  order  recovery   memory    took  result  notes',
      'kill -9    15,450  15,450           0  kept      0.7 s  204 MiB   6.9 s  passed',
      'disk full       -       -           -  -             -        -  60.0 s  FAILED  a | b',
      '',
    ].join('\n'),
  );
});

test('as Markdown, a bar in a cell is not the end of it', () => {
  const lines = markdownTable(rows).split('\n');
  expect(lines[1]).toBe('| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- | --- |');
  expect(lines[3]).toBe('| disk full | - | - | - | - | - | - | 60.0 s | FAILED | a \\| b |');
});
