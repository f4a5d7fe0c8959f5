import {
  type DataFrame,
  FieldType,
  type VisualizationSuggestion,
  VisualizationSuggestionScore,
  type VisualizationSuggestionsSupplier,
} from '@grafana/data';
import { buildModel } from '../model/build-model';
import { type CheerMeterOptions, type RoleMapping, defaultOptions } from '../types';
import { nameOf } from './choices';

type Suggestion = VisualizationSuggestion<CheerMeterOptions>;

/** A stranger's gauge with such a name is the better the higher it is. */
const goodWhenHigh = /(^|[_:\s-])(score|apdex|availability|success|sli|uptime)([_:\s-]|$)/i;
const highestScore = 100;

/**
 * What Grafana offers of this panel for the data of a query: at once what it can draw as it is, and with hesitation
 * gauges that look like scores. Nothing for data that it would have nothing to say of.
 */
export const suggest: VisualizationSuggestionsSupplier<CheerMeterOptions> = ({ rawFrames = [] }) => {
  const services = servicesIn(rawFrames, []);
  if (services > 0) {
    return [
      suggestion('Cheer-meter', services, {}, VisualizationSuggestionScore.Best),
      suggestion('Cheer ticker', services, { layout: 'ticker' }, VisualizationSuggestionScore.Good),
    ];
  }
  const mapping = likelyMapping(rawFrames);
  const mapped = mapping ? servicesIn(rawFrames, [mapping]) : 0;
  return mapping && mapped > 0
    ? [suggestion('Cheer-meter', mapped, { mappings: [mapping] }, VisualizationSuggestionScore.OK)]
    : undefined;
};

function suggestion(
  name: string,
  services: number,
  options: Partial<CheerMeterOptions>,
  score: VisualizationSuggestionScore
): Suggestion {
  return {
    name,
    description: services === 1 ? 'How well this service is doing' : `How well ${services} services are doing`,
    options,
    score,
    cardOptions: {
      // A card is so low that the automatic layout would be the ticker's.
      previewModifier: (preview) => {
        preview.options = { layout: 'grid', ...preview.options, showEvents: false, celebrate: false };
      },
    },
  };
}

/** Services of which the panel would say how they are doing. */
function servicesIn(series: DataFrame[], mappings: readonly RoleMapping[]): number {
  // Only their number is asked for: at which time is all the same, as long as the data have not ended by then.
  const options = { ...defaultOptions, mappings, showEvents: false };
  const { services } = buildModel({ series, annotations: [], options, from: 0, to: 0 });
  return services.filter(({ state }) => state !== 'unknown').length;
}

function likelyMapping(frames: readonly DataFrame[]): RoleMapping | undefined {
  for (const frame of frames) {
    for (const field of frame.fields) {
      const name = field.type === FieldType.number ? nameOf(field, frame) : undefined;
      if (name === 'up') {
        return { role: 'health', name };
      }
      if (name && goodWhenHigh.test(name) && field.values.every(isScore)) {
        return { role: 'score', name };
      }
    }
  }
  return undefined;
}

function isScore(value: unknown): boolean {
  return value == null || Number.isNaN(value) || (typeof value === 'number' && value >= 0 && value <= highestScore);
}
