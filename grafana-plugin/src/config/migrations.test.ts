import fc from 'fast-check';
import { migrateOptions } from './migrations';
import { defaultOptions } from '../types';

const saved: Record<string, unknown> = {
  'a new panel': defaultOptions,
  'by version 0.1.0': {
    layout: 'grid',
    headline: 'Orders in $namespace',
    mappings: [
      { role: 'score', name: 'apdex' },
      { role: 'burnShort', name: '/burn.*5m/' },
    ],
    serviceLabel: 'app',
    sloLabel: 'objective',
    groupBy: 'team',
    sortBy: 'budget',
    eventsRefId: 'E',
    showBudget: false,
    showEvents: false,
    showReasons: false,
    showSparkline: false,
    celebrate: false,
  },
  'by hand, with only what differs': { layout: 'ticker', headline: 'All services' },
  'by hand, with mistakes': {
    layout: 'Grid',
    headline: 7,
    mappings: [{ role: 'score', name: 'up' }, { role: 'speed', name: 'x' }, { role: 'health' }, null, 'score'],
    serviceLabel: null,
    sloLabel: ['slo'],
    sortBy: 'toString',
    showBudget: 'false',
    showEvents: 0,
    celebrate: true,
  },
  'with mappings that are no list': { mappings: { score: 'up' } },
  'by a newer version': { layout: 'meter', glow: { strength: 3 } },
  'without options': undefined,
  'with options that are none': ['layout', 'grid'],
};

describe('migrateOptions', () => {
  it.each(Object.keys(saved))('reads options saved %s', (name) => {
    expect(migrateOptions({ options: saved[name] })).toMatchSnapshot();
  });

  it('changes nothing that it has migrated, and nothing that it is given', () => {
    const almost = fc.record(
      {
        layout: fc.oneof(fc.constantFrom('auto', 'meter', 'grid', 'ticker'), fc.anything()),
        headline: fc.oneof(fc.string(), fc.anything()),
        mappings: fc.oneof(
          fc.array(fc.oneof(fc.record({ role: fc.constantFrom('score', 'x'), name: fc.string() }), fc.anything())),
          fc.anything()
        ),
        sortBy: fc.oneof(fc.constantFrom('worst', 'name'), fc.anything()),
        celebrate: fc.oneof(fc.boolean(), fc.anything()),
        other: fc.anything(),
      },
      { requiredKeys: [] }
    );
    fc.assert(
      fc.property(fc.oneof(almost, fc.anything()), (options) => {
        const before = fc.stringify(options);
        const once = migrateOptions({ options });
        expect(fc.stringify(options)).toBe(before);
        expect(migrateOptions({ options: once })).toEqual(once);
      })
    );
  });

  it('keeps every option of this version as it is', () => {
    expect(migrateOptions({ options: defaultOptions })).toEqual(defaultOptions);
  });
});
