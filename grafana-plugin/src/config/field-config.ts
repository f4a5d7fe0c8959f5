import { FieldColorModeId, FieldConfigProperty, type SetFieldConfigOptionsArgs, ThresholdsMode } from '@grafana/data';

/**
 * Which standard options a field has in this panel, and what they are at first. The thresholds are shares of the
 * range, so they fit a score in 0 to 1 as well as one in 0 to 100.
 */
export const fieldConfig: SetFieldConfigOptionsArgs = {
  standardOptions: {
    [FieldConfigProperty.Color]: {
      defaultValue: { mode: FieldColorModeId.Thresholds },
      settings: { byValueSupport: true, bySeriesSupport: false, preferThresholdsMode: true },
    },
    [FieldConfigProperty.Thresholds]: {
      defaultValue: {
        mode: ThresholdsMode.Percentage,
        steps: [
          { value: -Infinity, color: 'red' },
          { value: 50, color: 'yellow' },
          { value: 80, color: 'green' },
        ],
      },
    },
  },
  // Cells are filtered in tables, and there are no actions on a meter.
  disableStandardOptions: [FieldConfigProperty.Filterable, FieldConfigProperty.Actions],
};
