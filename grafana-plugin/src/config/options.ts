import { type PanelOptionsEditorBuilder, type SelectableValue } from '@grafana/data';
import { type CheerMeterOptions, defaultOptions, type SortBy } from '../types';
import { labelChoices, queryChoices } from './choices';
import { MappingsEditor } from './MappingsEditor';

/** Where the editor shows them. */
const categories = { meter: ['Cheer-meter'], show: ['Show'], data: ['Data'], grid: ['Grid'] };

const layouts: Array<SelectableValue<CheerMeterOptions['layout']>> = [
  { value: 'auto', label: 'Auto', description: 'By the size of the panel and the number of services' },
  { value: 'meter', label: 'Meter', description: 'One service: the worst, if there are more' },
  { value: 'grid', label: 'Grid', description: 'A tile for each service' },
  { value: 'ticker', label: 'Ticker', description: 'One line, for the top of a dashboard' },
];

const orders: Array<SelectableValue<SortBy>> = [
  { value: 'worst', label: 'Worst first' },
  { value: 'name', label: 'Name' },
  { value: 'budget', label: 'Error budget, lowest first' },
  { value: 'score', label: 'Score, lowest first' },
];

const fromData: SelectableValue<string> = { value: '', label: 'Automatic', description: 'service, job, app, …' };
const notGrouped: SelectableValue<string> = { value: '', label: 'Not grouped' };
const derived: SelectableValue<string> = {
  value: '',
  label: 'Derived',
  description: 'From changes of state, misses and annotations',
};

/** Adds the options of the panel to its editor, grouped by what they are about. */
export function addOptions(builder: PanelOptionsEditorBuilder<CheerMeterOptions>): void {
  addMeterOptions(builder);
  addShowOptions(builder);
  addDataOptions(builder);
  addGridOptions(builder);
}

function addMeterOptions(builder: PanelOptionsEditorBuilder<CheerMeterOptions>): void {
  const category = categories.meter;
  builder
    .addRadio({
      path: 'layout',
      name: 'Layout',
      description: 'How services are drawn.',
      category,
      defaultValue: defaultOptions.layout,
      settings: { options: layouts },
    })
    .addTextInput({
      path: 'headline',
      name: 'Headline',
      description: 'Above what is drawn, with variables. When empty: the name of a single service.',
      category,
      defaultValue: defaultOptions.headline,
      settings: { placeholder: 'Name of the service' },
    })
    .addBooleanSwitch({
      path: 'celebrate',
      name: 'Celebrate',
      description: 'A short, quiet animation when a service is green again. Never where reduced motion is asked for.',
      category,
      defaultValue: defaultOptions.celebrate,
    });
}

function addShowOptions(builder: PanelOptionsEditorBuilder<CheerMeterOptions>): void {
  const category = categories.show;
  builder
    .addBooleanSwitch({
      path: 'showReasons',
      name: 'Reasons',
      description: 'Why a service is not green.',
      category,
      defaultValue: defaultOptions.showReasons,
    })
    .addBooleanSwitch({
      path: 'showBudget',
      name: 'Error budget',
      description: 'What is left of the error budgets, and how fast it is spent.',
      category,
      defaultValue: defaultOptions.showBudget,
    })
    .addBooleanSwitch({
      path: 'showEvents',
      name: 'Recent events',
      description: 'Cheers, misses, changes of state and releases.',
      category,
      defaultValue: defaultOptions.showEvents,
    })
    .addBooleanSwitch({
      path: 'showSparkline',
      name: 'Sparkline',
      description: 'The score over the time range.',
      category,
      defaultValue: defaultOptions.showSparkline,
    });
}

function addDataOptions(builder: PanelOptionsEditorBuilder<CheerMeterOptions>): void {
  const category = categories.data;
  builder
    .addCustomEditor({
      id: 'mappings',
      path: 'mappings',
      name: 'Roles',
      description: 'What a metric or field stands for, where its name does not say so.',
      category,
      defaultValue: defaultOptions.mappings,
      editor: MappingsEditor,
    })
    .addSelect({
      path: 'serviceLabel',
      name: 'Service label',
      description: 'The label that names a service.',
      category,
      defaultValue: defaultOptions.serviceLabel,
      settings: {
        allowCustomValue: true,
        options: [fromData],
        getOptions: async ({ data }) => labelChoices(data, fromData),
      },
    })
    .addTextInput({
      path: 'sloLabel',
      name: 'SLO label',
      description: 'The label that names the objective which an error budget belongs to.',
      category,
      defaultValue: defaultOptions.sloLabel,
      settings: { placeholder: defaultOptions.sloLabel },
    })
    .addSelect({
      path: 'eventsRefId',
      name: 'Events from',
      description: 'The query whose rows are events: a time, a text, and tags if there are any.',
      category,
      defaultValue: defaultOptions.eventsRefId,
      settings: {
        allowCustomValue: true,
        options: [derived],
        getOptions: async ({ data }) => queryChoices(data, derived),
      },
    });
}

function addGridOptions(builder: PanelOptionsEditorBuilder<CheerMeterOptions>): void {
  const category = categories.grid;
  const drawsGrid = ({ layout }: CheerMeterOptions) => layout === 'auto' || layout === 'grid';
  builder
    .addSelect({
      path: 'sortBy',
      name: 'Order',
      description: 'Which service comes first.',
      category,
      defaultValue: defaultOptions.sortBy,
      settings: { options: orders },
      showIf: drawsGrid,
    })
    .addSelect({
      path: 'groupBy',
      name: 'Group by',
      description: 'One tile for all services with the same value of this label, in the state of the worst.',
      category,
      defaultValue: defaultOptions.groupBy,
      settings: {
        allowCustomValue: true,
        options: [notGrouped],
        getOptions: async ({ data }) => labelChoices(data, notGrouped),
      },
      showIf: drawsGrid,
    });
}
