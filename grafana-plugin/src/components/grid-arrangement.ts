import { type ServiceView, type SortBy } from '../types';
import { needsAttention } from './describe';
import { type Detail, fitGrid, type Fit } from './grid-fit';
import { type TileBlock } from './TileBlocks';

export interface Arrangement<T> {
  readonly blocks: ReadonlyArray<TileBlock<T>>;
  readonly fit: Fit;
}

type Candidates = ReadonlyArray<readonly Detail[]>;

/** More names than this in a small panel are noise: shapes say more. */
const mostNames = 48;

/** Best first. Where nothing fits the last one scrolls, and what scrolls has names. */
const roomy: Candidates = [['full'], ['medium']];
const together: Candidates = [['line'], ['name']];
const atLeastDots: Candidates = [['dot'], ['line']];
const apart: Candidates = [
  ['full', 'full'],
  ['full', 'medium'],
  ['medium', 'medium'],
  ['full', 'line'],
  ['medium', 'line'],
  ['line', 'line'],
  ['medium', 'name'],
  ['line', 'name'],
];
const apartWithDots: Candidates = [
  ['full', 'dot'],
  ['medium', 'dot'],
  ['line', 'dot'],
  ['name', 'dot'],
  ['dot', 'dot'],
  ['line', 'dot'],
];
const ofGroups: Candidates = [['full'], ['medium'], ['line']];

/**
 * All services in tiles of one size as long as these can say something; where they can't, and the worst come first, the
 * services that need attention get the room and those that are well share the rest.
 */
export function arrangeServices(
  services: readonly ServiceView[],
  sortBy: SortBy,
  width: number,
  height: number
): Arrangement<ServiceView> {
  const wellFrom = sortBy === 'worst' ? services.findIndex(({ state }) => !needsAttention(state)) : -1;
  const whole = [{ label: 'All services', items: services }];
  const halves = [
    { label: 'Services that need attention', items: services.slice(0, wellFrom) },
    { label: 'Services that are well', items: services.slice(wellFrom) },
  ];
  const attempts: readonly Attempt[] =
    wellFrom > 0
      ? [
          { blocks: whole, candidates: roomy },
          { blocks: halves, candidates: apart },
          { blocks: whole, candidates: together },
          { blocks: halves, candidates: apartWithDots },
        ]
      : [{ blocks: whole, candidates: [...roomy, ...together, ...atLeastDots] }];
  return attempts.reduce<Arrangement<ServiceView>>(
    (best, { blocks, candidates }) => (best.fit.scrolls ? arrange(blocks, candidates, width, height) : best),
    { blocks: [], fit: { blocks: [], height: 0, scrolls: true } }
  );
}

interface Attempt {
  readonly blocks: ReadonlyArray<TileBlock<ServiceView>>;
  readonly candidates: Candidates;
}

export function arrangeGroups<T>(groups: readonly T[], width: number, height: number): Arrangement<T> {
  return arrange([{ label: 'All groups', items: groups }], ofGroups, width, height);
}

function arrange<T>(
  blocks: ReadonlyArray<TileBlock<T>>,
  candidates: Candidates,
  width: number,
  height: number
): Arrangement<T> {
  const counts = blocks.map(({ items }) => items.length);
  const readable = candidates.filter((details) =>
    counts.every((count, i) => count <= mostNames || details[i] !== 'name')
  );
  return { blocks, fit: fitGrid(counts, readable, width, height) };
}
