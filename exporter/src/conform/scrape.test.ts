import { Scrape } from './scrape';

describe('a scrape', () => {
  it('has samples with their labels, unescaped', () => {
    const { samples, unreadable } = new Scrape(
      'up 1\nhttp_requests_total{method="GET",route="/a{b},\\"c\\"\\\\\\n"} 12 1700000000000\n\n# HELP up x\n',
    );
    expect(unreadable).toEqual([]);
    expect(samples).toEqual([
      { name: 'up', labels: {}, value: 1 },
      { name: 'http_requests_total', labels: { method: 'GET', route: '/a{b},"c"\\\n' }, value: 12 },
    ]);
  });

  it('has exemplars by their trace id', () => {
    const { samples } = new Scrape(
      'x_bucket{le="+Inf"} 3 # {trace_id="4bf9"} 0.01 1700000000.5\nx_bucket{le="1"} 3 # {} 1\n',
    );
    expect(samples).toEqual([
      { name: 'x_bucket', labels: { le: '+Inf' }, value: 3, traceId: '4bf9' },
      { name: 'x_bucket', labels: { le: '1' }, value: 3 },
    ]);
  });

  it.each(['0bad 1', 'x{a=b} 1', 'x{a="b} 1', 'x', 'x{a="b"}'])('does not read %s', (text) => {
    expect(new Scrape(`${text}\n`)).toMatchObject({ samples: [], unreadable: [text] });
  });

  it('names the families of counters alike in both formats', () => {
    const plain = new Scrape('# TYPE a_total counter\n# TYPE b gauge\n');
    const open = new Scrape('# TYPE a counter\n# TYPE b gauge\n# EOF\n');
    for (const scrape of [plain, open]) {
      expect([scrape.typeOf('a_total'), scrape.typeOf('b'), scrape.typeOf('a')]).toEqual([
        'counter',
        'gauge',
        undefined,
      ]);
    }
  });

  it('adds up what has the labels, special values too', () => {
    const scrape = new Scrape('x{a="1",b="1"} 1\nx{a="1",b="2"} 2\nx{a="2",b="1"} 4\ny +Inf\nz -Inf\n');
    expect([scrape.sum('x', { a: '1' }), scrape.sum('x'), scrape.sum('none')]).toEqual([3, 7, 0]);
    expect([scrape.sum('y'), scrape.sum('z')]).toEqual([Infinity, -Infinity]);
  });
});
