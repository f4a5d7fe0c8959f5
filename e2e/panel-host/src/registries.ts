import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type Field,
  FieldConfigProperty,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  ThresholdsMode,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

type EditorItem = ReturnType<typeof standardEditorsRegistry.get>;
type FieldItem = ReturnType<typeof standardFieldConfigEditorRegistry.get>;
type TransformerItem = ReturnType<typeof standardTransformersRegistry.get>;

/** The host draws panels; it has no editor of them. */
const editor = () => null;

/** What the builders of options (`addRadio`, `addFieldNamePicker`, …) look up; without it they throw. */
const editorIds = [
  ...['text', 'strings', 'number', 'boolean', 'select', 'multi-select', 'radio', 'slider', 'color', 'unit'],
  ...['field-name', 'stats-picker', 'timezone', 'dashboard-uid'],
];

const isNumeric = (field: Field): boolean => field.type === FieldType.number;

/** Path and processor of each standard field option, as Grafana's own start registers them. */
const fieldItems: ReadonlyArray<readonly [id: FieldConfigProperty, process: unknown, more?: object]> = [
  [FieldConfigProperty.Unit, unitOverrideProcessor, { shouldApply: isNumeric }],
  [FieldConfigProperty.Min, numberOverrideProcessor, { shouldApply: isNumeric }],
  [FieldConfigProperty.Max, numberOverrideProcessor, { shouldApply: isNumeric }],
  [FieldConfigProperty.FieldMinMax, booleanOverrideProcessor, { shouldApply: isNumeric }],
  [FieldConfigProperty.Decimals, numberOverrideProcessor, { shouldApply: isNumeric }],
  [FieldConfigProperty.DisplayName, displayNameOverrideProcessor, { settings: { expandTemplateVars: true } }],
  [FieldConfigProperty.Color, identityOverrideProcessor],
  [FieldConfigProperty.NoValue, stringOverrideProcessor],
  [FieldConfigProperty.Links, dataLinksOverrideProcessor],
  [FieldConfigProperty.Actions, dataLinksOverrideProcessor],
  [FieldConfigProperty.Mappings, valueMappingsOverrideProcessor, { defaultValue: [] }],
  [
    FieldConfigProperty.Thresholds,
    thresholdsOverrideProcessor,
    {
      defaultValue: {
        mode: ThresholdsMode.Absolute,
        steps: [
          { value: -Infinity, color: 'green' },
          { value: 80, color: 'red' },
        ],
      },
    },
  ],
  [FieldConfigProperty.Filterable, booleanOverrideProcessor],
];

type Transformer = (typeof standardTransformers)[keyof typeof standardTransformers];

/** Grafana 13 calls for the transformer, 12 takes it as it is: a function that has its properties serves both. */
function transformation(transformer: Transformer): unknown {
  const properties = Object.entries(transformer).map(([key, value]) => [key, { value: value as unknown }]);
  return Object.defineProperties(
    () => Promise.resolve(transformer),
    Object.fromEntries(properties) as PropertyDescriptorMap,
  );
}

/** Fills what Grafana's start fills, and what its packages ship empty. */
export function fillRegistries(): void {
  standardEditorsRegistry.setInit(() =>
    editorIds.map((id) => ({ id, name: id, editor }) as unknown as EditorItem),
  );
  standardFieldConfigEditorRegistry.setInit(() =>
    fieldItems.map(([id, process, more]) => {
      const common = { id, path: id, name: id, editor, override: editor, process, settings: {} };
      const item = { ...common, shouldApply: () => true, category: ['Standard options'], ...more };
      return item as unknown as FieldItem;
    }),
  );
  standardTransformersRegistry.setInit(() => {
    // Two names may stand for one transformer.
    const byId = new Map(Object.values(standardTransformers).map((item) => [item.id, item]));
    return [...byId.values()].map((item) => {
      const { id, name } = item;
      return { id, name, transformation: transformation(item), editor } as unknown as TransformerItem;
    });
  });
}
