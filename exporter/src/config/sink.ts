import type { Config } from './schema';

/** The sink by the name that metrics use. */
export function sinkOf({ kafka }: Pick<Config, 'kafka'>): 'kafka' | 'log' {
  return kafka.brokers.length > 0 ? 'kafka' : 'log';
}
