import { FieldType, getPanelDataSummary, type Labels, toDataFrame, VisualizationSuggestionScore } from '@grafana/data';
import { suggest } from './suggestions';

const times = [0, 15_000, 30_000];

function series(name: string, labels: Labels, values: Array<number | null>, fieldName = 'Value') {
  return toDataFrame({
    refId: 'A',
    name,
    fields: [
      { name: 'Time', type: FieldType.time, values: times },
      { name: fieldName, type: FieldType.number, labels: { __name__: name, ...labels }, values },
    ],
  });
}

const suggestFor = (...frames: Array<ReturnType<typeof toDataFrame>>) => suggest(getPanelDataSummary(frames));

describe('suggest', () => {
  it('offers the panel first for what it draws as it is', () => {
    const cards = suggestFor(series('cheer_score', { service: 'orders' }, [90, 91, 92]));
    expect(cards).toMatchObject([
      { name: 'Cheer-meter', description: 'How well this service is doing', options: {}, score: 100 },
      { name: 'Cheer ticker', options: { layout: 'ticker' }, score: VisualizationSuggestionScore.Good },
    ]);
  });

  it('counts the services', () => {
    const cards = suggestFor(
      series('cheer_score', { service: 'orders' }, [90, 91, 92]),
      series('cheer_score', { service: 'carts' }, [10, 11, 12])
    );
    expect(cards?.[0]?.description).toBe('How well 2 services are doing');
  });

  it('shows a tile on the small card, and leaves the panel itself as it is', () => {
    const [meter, ticker] = suggestFor(series('cheer_score', {}, [90, 91, 92])) ?? [];
    for (const [card, layout] of [
      [meter, 'grid'],
      [ticker, 'ticker'],
    ] as const) {
      const options = card?.options;
      const preview = { ...card };
      card?.cardOptions?.previewModifier?.(preview);
      expect(preview.options).toMatchObject({ layout, showEvents: false });
      expect(card?.options).toBe(options);
      expect(options).not.toHaveProperty('showEvents');
    }
  });

  it.each([
    ['apdex', 'score', [0.5, null, 0.9]],
    ['checkout_success_ratio', 'score', [0.99, 1, 0]],
    ['Availability', 'score', [99, NaN, 98.5]],
    ['up', 'health', [1, 1, 0]],
  ])('offers %s as a %s, with hesitation', (name, role, values) => {
    expect(suggestFor(series(name, { job: 'shop' }, values))).toMatchObject([
      { options: { mappings: [{ role, name }] }, score: VisualizationSuggestionScore.OK },
    ]);
  });

  it.each([
    ['a gauge that is no score', 'process_cpu_percent', [10, 20, 30]],
    ['a score that is out of range', 'game_score', [10, 2000, 30]],
    ['a score below nothing', 'credit_score', [-1, 20, 30]],
    ['a score without a value', 'apdex', [null, null, null]],
  ])('offers nothing for %s', (_what, name, values) => {
    expect(suggestFor(series(name, { job: 'shop' }, values))).toBeUndefined();
  });

  it('offers nothing without data', () => {
    expect(suggestFor()).toBeUndefined();
    expect(suggestFor(toDataFrame({ fields: [] }))).toBeUndefined();
    expect(suggest({ ...getPanelDataSummary([]), rawFrames: undefined })).toBeUndefined();
  });
});
