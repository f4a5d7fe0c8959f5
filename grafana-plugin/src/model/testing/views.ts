import { type Figure, type ServiceView } from '../../types';

/** A service with these facts and no others. */
export function view(name: string, facts: Partial<ServiceView> = {}): ServiceView {
  return { key: name, name, state: 'green', reasons: [], budgets: [], events: [], ...facts };
}

/** A figure of nowhere. */
export function figure(value: number): Figure {
  const field = { name: 'Value', type: 'number', config: {}, values: [value] } as unknown as Figure['source']['field'];
  return {
    value,
    display: { text: String(value), numeric: value },
    source: { frame: { fields: [field], length: 1 }, field, rowIndex: 0 },
  };
}
