import { type CheerState, type ServiceView } from '../types';
import { worstOf } from './states';

export interface ServiceGroup {
  /** Empty for the services that have no such label. */
  readonly name: string;
  /** The worst of its members that have data; stale only when none has any, disabled only when all are. */
  readonly state: CheerState;
  /** In the order of the services. */
  readonly members: readonly ServiceView[];
}

/** In the order in which the groups' first members come; services of no group are the last. */
export function groupServices(services: readonly ServiceView[]): ServiceGroup[] {
  const members = new Map<string, ServiceView[]>();
  for (const service of services) {
    const name = service.group ?? '';
    const known = members.get(name);
    if (known) {
      known.push(service);
    } else {
      members.set(name, [service]);
    }
  }
  const groups = Array.from(members, ([name, list]): ServiceGroup => {
    const states = new Set(list.map(({ state }) => state));
    // One that has gone says nothing of how the others are.
    const state = worstOf((said) => said !== 'stale' && states.has(said)) ?? 'stale';
    return { name, state, members: list };
  });
  return [...groups.filter(({ name }) => name !== ''), ...groups.filter(({ name }) => name === '')];
}
