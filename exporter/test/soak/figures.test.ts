import { readScrape, shown } from './figures';

const scrape = `# HELP memory_usage_bytes Memory
# TYPE memory_usage_bytes gauge
memory_usage_bytes{kind="rss"} 123456
memory_usage_bytes{kind="heap_used"} 2345
cheer_state{state="warming"} 0
cheer_state{state="yellow"} 1
nodejs_active_handles{type="Socket"} 3
nodejs_active_handles{type="Server"} 2
store_bytes 17
`;

it('reads figures and state from a scrape, and leaves out what is not there', () => {
  expect(readScrape(scrape)).toEqual({
    rss: 123456,
    heap: 2345,
    handles: 5,
    series: 7,
    'outbox depth': 17,
    state: 'yellow',
  });
});

it.each([
  [5 * 2 ** 20, 'bytes', '5.0 MiB'],
  [0.0123, 'seconds', '12.3 ms'],
  [2.5, 'seconds', '2.50 s'],
  [17, 'count', '17'],
  [NaN, 'count', '-'],
] as const)('shows %p %s as %s', (value, unit, text) => expect(shown(value, unit)).toBe(text));
