import { PanelOptionsEditorBuilder, PanelPlugin, standardEditorsRegistry } from '@grafana/data';
import { type CheerMeterOptions, type Layout, defaultOptions } from '../types';
import { addOptions } from './options';

// Grafana registers its editors when it starts.
standardEditorsRegistry.setInit(() =>
  ['text', 'radio', 'select', 'boolean'].map((id) => ({ id, name: id, editor: () => null }))
);

function items() {
  const builder = new PanelOptionsEditorBuilder<CheerMeterOptions>();
  addOptions(builder);
  return builder.getItems();
}

function shownWith(layout: 'auto' | Layout) {
  return items()
    .filter(({ showIf }) => showIf?.({ ...defaultOptions, layout }) ?? true)
    .map(({ path }) => path);
}

describe('addOptions', () => {
  it('offers every option once, with its default', () => {
    expect(
      items()
        .map(({ path }) => path)
        .sort()
    ).toEqual(Object.keys(defaultOptions).sort());
    expect(new PanelPlugin<CheerMeterOptions>(null).setPanelOptions(addOptions).defaults).toEqual(defaultOptions);
  });

  it('says of every option what it is for, in a category', () => {
    for (const { name, description, category } of items()) {
      expect(name).toMatch(/^[A-Z]/);
      expect(description).toMatch(/\.$/);
      expect(category).toHaveLength(1);
    }
  });

  it('keeps the options of a category together', () => {
    const order = items().map(({ category }) => category?.[0]);
    expect(order.filter((category, index) => category !== order[index - 1])).toEqual([
      'Cheer-meter',
      'Show',
      'Data',
      'Grid',
    ]);
  });

  it('hides what a layout does not draw', () => {
    expect(shownWith('auto')).toHaveLength(items().length);
    expect(shownWith('grid')).toHaveLength(items().length);
    for (const layout of ['meter', 'ticker'] as const) {
      expect(shownWith(layout)).not.toContain('sortBy');
      expect(shownWith(layout)).not.toContain('groupBy');
    }
  });

  it.each(['serviceLabel', 'groupBy', 'eventsRefId'])('can set %s back to its default', async (path) => {
    const item = items().find((candidate) => candidate.path === path);
    const choices = await item?.settings.getOptions({ data: [] });
    expect(choices.map(({ value }: { value: string }) => value)).toEqual(['']);
    expect(item?.settings.allowCustomValue).toBe(true);
  });
});
