import { createDataFrame, type FieldConfig, FieldType } from '@grafana/data';
import { view } from '../../model/testing/views';
import { type CheerModel, type Figure, type ServiceView } from '../../types';

/** Epoch ms: what the tests take for the present. */
export const now = Date.parse('2026-03-01T12:00:00Z');
export const second = 1_000;

export function figure(value: number, text = String(value), config: FieldConfig = {}, suffix?: string): Figure {
  const frame = createDataFrame({ fields: [{ name: 'Value', type: FieldType.number, values: [value], config }] });
  const [field] = frame.fields;
  return { value, display: { text, suffix, numeric: value }, source: { frame, field: field!, rowIndex: 0 } };
}

/** A figure whose field has links of these titles to `/TITLE`. */
export function linked(value: number, titles: readonly string[]): Figure {
  const made = figure(value, String(value), { links: titles.map((title) => ({ title, url: `/${title}` })) });
  const { field } = made.source;
  field.getLinks = ({ valueRowIndex }) =>
    titles.map((title) => ({ title, href: `/${title}?row=${valueRowIndex}`, target: undefined, origin: field }));
  return made;
}

/** A service that is well, as far as is known. */
export function service(parts: Partial<ServiceView> = {}): ServiceView {
  return view('orders', { score: figure(97), ...parts });
}

/** So many services, of which their state is known. */
export function views(count: number, facts?: Partial<ServiceView>): ServiceView[] {
  return Array.from({ length: count }, (_, i) => view(`service-${i}`, facts));
}

export function modelOf(...services: ServiceView[]): CheerModel {
  return { status: 'ok', services, events: services.flatMap(({ events }) => events), problems: [] };
}
