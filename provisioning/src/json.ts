import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** Settings of other kinds of variables, and of tables as they were: the SDK writes them everywhere. */
const leftOut = new Set(['auto', 'auto_min', 'auto_count', 'footer']);

/**
 * The dashboard as Grafana reads it from a file. What the SDK puts in by default is left out where it means nothing,
 * or would change what is seen: links and annotations that hide in a menu.
 */
export function toJson(dashboard: Dashboard): string {
  const replacer = (key: string, value: unknown): unknown => {
    return leftOut.has(key) || (key === 'placement' && value === 'inControlsMenu') ? undefined : value;
  };
  return `${JSON.stringify(dashboard, replacer, 2)}\n`;
}
