import { type ServiceView, type SortBy } from '../types';
import { rankOf } from './states';

type Order = (a: ServiceView, b: ServiceView) => number;

type Named = Pick<ServiceView, 'key' | 'name'>;

// The same everywhere: the order must not hang on who looks.
const collator = new Intl.Collator('en', { numeric: true });

const byName = (a: Named, b: Named) => collator.compare(a.name, b.name) || (a.key < b.key ? -1 : 1);
const byScore: Order = (a, b) => lowestFirst(a.score?.value, b.score?.value);
const byBudget: Order = (a, b) => lowestFirst(a.budgets[0]?.remaining?.value, b.budgets[0]?.remaining?.value);
const byState: Order = (a, b) => rankOf(a.state) - rankOf(b.state);

const orders: Readonly<Record<SortBy, Order>> = {
  worst: (a, b) => byState(a, b) || byScore(a, b),
  name: () => 0,
  budget: (a, b) => byBudget(a, b) || byState(a, b),
  score: (a, b) => byScore(a, b) || byState(a, b),
};

/** A new list; what has no figure to sort by comes after what has, and names decide between equals. */
export function sortServices(services: readonly ServiceView[], sortBy: SortBy): ServiceView[] {
  // A dashboard's JSON may say anything.
  return [...sortByName(services)].sort(Object.hasOwn(orders, sortBy) ? orders[sortBy] : orders.worst);
}

/** The list itself when it is in order, as it is from one update to the next: to look costs less than to sort. */
export function sortByName<T extends Named>(services: readonly T[]): readonly T[] {
  const isInOrder = services.every((one, index) => index === 0 || byName(services[index - 1], one) <= 0);
  return isInOrder ? services : [...services].sort(byName);
}

function lowestFirst(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  return a - b;
}
