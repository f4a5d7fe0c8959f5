import { readdirSync } from 'node:fs';
import path from 'node:path';
import { FieldConfigProperty, standardEditorsRegistry, standardFieldConfigEditorRegistry } from '@grafana/data';
import { defaultOptions } from './types';
import metadata from './plugin.json';
import { plugin } from './module';

// Grafana registers its editors, and all options that fields can have, when it starts.
const editor = () => null;
standardEditorsRegistry.setInit(() => ['text', 'radio', 'select', 'boolean'].map((id) => ({ id, name: id, editor })));
standardFieldConfigEditorRegistry.setInit(() =>
  Object.values(FieldConfigProperty).map((id) => ({
    id,
    path: id,
    name: id,
    editor,
    override: editor,
    process: (value: unknown) => value,
    shouldApply: () => true,
  }))
);

describe('the plugin', () => {
  it('needs no configuration', () => {
    expect(plugin.defaults).toEqual(defaultOptions);
  });

  it('reads annotations as events', () => {
    expect(plugin.dataSupport.annotations).toBe(true);
  });

  it('shares out the thresholds over the range, red first', () => {
    const { thresholds, color } = plugin.fieldConfigDefaults.defaults;
    expect(thresholds).toEqual({
      mode: 'percentage',
      steps: [
        { value: -Infinity, color: 'red' },
        { value: 50, color: 'yellow' },
        { value: 80, color: 'green' },
      ],
    });
    expect(color).toEqual({ mode: 'thresholds' });
  });

  it('has the standard options that mean something here', () => {
    const ids = plugin.fieldConfigRegistry.list().map(({ id }) => id);
    const meaningless: string[] = [FieldConfigProperty.Filterable, FieldConfigProperty.Actions];
    expect(ids).toEqual(Object.values(FieldConfigProperty).filter((id) => !meaningless.includes(id)));
  });

  it('shows the catalogue every screenshot that there is', () => {
    const pictures = readdirSync(path.join(__dirname, 'img')).filter((file) => file.startsWith('screenshot-'));
    const listed: Array<{ path: string }> = metadata.info.screenshots;
    expect(listed.map((screenshot) => screenshot.path).sort()).toEqual(pictures.map((file) => `img/${file}`).sort());
  });

  it('migrates and suggests, and says so', () => {
    expect(plugin.onPanelMigration?.({ options: { layout: 'Grid' } } as never)).toEqual({});
    expect(metadata.suggestions).toBe(true);
    expect(plugin.getSuggestions({ rawFrames: [] } as never)).toBeUndefined();
  });
});
