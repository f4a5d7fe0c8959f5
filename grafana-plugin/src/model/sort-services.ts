import { type ServiceView, type SortBy } from '../types';
import { rankOf } from './states';

type Order = (a: ServiceView, b: ServiceView) => number;

// The same everywhere: the order must not hang on who looks.
const collator = new Intl.Collator('en', { numeric: true });

const byName: Order = (a, b) => collator.compare(a.name, b.name) || (a.key < b.key ? -1 : 1);
const byScore: Order = (a, b) => lowestFirst(a.score?.value, b.score?.value);
const byBudget: Order = (a, b) => lowestFirst(a.budgets[0]?.remaining?.value, b.budgets[0]?.remaining?.value);
const byState: Order = (a, b) => rankOf(a.state) - rankOf(b.state);

const orders: Readonly<Record<SortBy, Order>> = {
  worst: (a, b) => byState(a, b) || byScore(a, b) || byBudget(a, b) || byName(a, b),
  name: byName,
  budget: (a, b) => byBudget(a, b) || byState(a, b) || byName(a, b),
  score: (a, b) => byScore(a, b) || byState(a, b) || byName(a, b),
};

/** A new list; what has no figure to sort by comes after what has, and names decide between equals. */
export function sortServices(services: readonly ServiceView[], sortBy: SortBy): ServiceView[] {
  // A dashboard's JSON may say anything.
  return [...services].sort(Object.hasOwn(orders, sortBy) ? orders[sortBy] : orders.worst);
}

function lowestFirst(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  return a - b;
}
