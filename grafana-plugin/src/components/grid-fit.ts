/** How much a tile says, most first. */
export type Detail = 'full' | 'medium' | 'line' | 'name' | 'dot';

interface TileLimits {
  /** CSS pixels. */
  readonly minWidth: number;
  readonly minHeight: number;
  readonly maxHeight: number;
  /** Width over height at which it looks best. */
  readonly aspect: number;
}

const limits: Readonly<Record<Detail, TileLimits>> = {
  full: { minWidth: 176, minHeight: 112, maxHeight: 320, aspect: 1.7 },
  medium: { minWidth: 128, minHeight: 52, maxHeight: 92, aspect: 2.2 },
  line: { minWidth: 104, minHeight: 26, maxHeight: 40, aspect: 5 },
  name: { minWidth: 78, minHeight: 24, maxHeight: 36, aspect: 4 },
  // With the gap 24 from one to the next: what a shaky hand can hit (WCAG 2.5.8).
  dot: { minWidth: 20, minHeight: 20, maxHeight: 48, aspect: 1 },
};

/** Between tiles, CSS pixels. */
export const tileGap = 4;
/** Between blocks, CSS pixels. */
export const blockGap = 12;
const scrollbarWidth = 10;

/** Tiles of one size. */
export interface Block {
  readonly detail: Detail;
  readonly columns: number;
  readonly rows: number;
  /** Of a tile, CSS pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Of the block, CSS pixels from the top of all of them. */
  readonly top: number;
}

export interface Fit {
  readonly blocks: readonly Block[];
  /** Of all blocks, CSS pixels; more than the given height when they have to scroll. */
  readonly height: number;
  readonly scrolls: boolean;
}

/**
 * Makes the tiles of each block as large as the space allows, the first block's larger than the others' where not all
 * can be large. Scrolls only when even the smallest tiles don't fit.
 * @param counts tiles of each block, none of them 0
 * @param candidates the details of the blocks, best first; the last one may scroll
 * @throws RangeError without candidates
 */
export function fitGrid(
  counts: readonly number[],
  candidates: ReadonlyArray<readonly Detail[]>,
  width: number,
  height: number
): Fit {
  const last = candidates.at(-1);
  if (!last) {
    throw new RangeError('fitGrid needs at least one candidate');
  }
  const gaps = blockGap * (counts.length - 1);
  for (const details of candidates) {
    const least = counts.map((count, i) => leastHeight(count, detailOf(details, i), width));
    const spare = height - gaps - least.reduce((sum, each) => sum + each, 0);
    if (spare >= 0 && details.every((detail) => limits[detail].minWidth <= width)) {
      return stack(growInTurn(counts, details, least, width, spare), height);
    }
  }
  const inner = Math.max(width - scrollbarWidth, 1);
  return stack(
    counts.map((count, i) => smallest(count, detailOf(last, i), inner)),
    height
  );
}

function detailOf(details: readonly Detail[], block: number): Detail {
  return details[block] ?? details[details.length - 1] ?? 'dot';
}

/** Each block in turn takes what it can use of its part of the height to spare; the first ones matter more. */
function growInTurn(
  counts: readonly number[],
  details: readonly Detail[],
  least: readonly number[],
  width: number,
  spare: number
): Array<Omit<Block, 'top'>> {
  let left = spare;
  return counts.map((count, i) => {
    const minimum = least[i] ?? 0;
    const part = i === counts.length - 1 ? left : left * 0.6;
    const block = largest(count, detailOf(details, i), width, minimum + part);
    left -= Math.max(blockHeight(block) - minimum, 0);
    return block;
  });
}

function mostColumns(count: number, detail: Detail, width: number): number {
  return Math.max(Math.min(Math.floor((width + tileGap) / (limits[detail].minWidth + tileGap)), count), 1);
}

function leastHeight(count: number, detail: Detail, width: number): number {
  const rows = Math.ceil(count / mostColumns(count, detail, width));
  return rows * (limits[detail].minHeight + tileGap) - tileGap;
}

function smallest(count: number, detail: Detail, width: number): Omit<Block, 'top'> {
  const columns = mostColumns(count, detail, width);
  return sized(count, detail, columns, width, limits[detail].minHeight);
}

/** Of all numbers of columns that fit, the one whose tiles come out largest in their best shape. */
function largest(count: number, detail: Detail, width: number, height: number): Omit<Block, 'top'> {
  const { minHeight, maxHeight, aspect } = limits[detail];
  let best: Omit<Block, 'top'> | undefined;
  let bestSize = -1;
  for (let columns = mostColumns(count, detail, width); columns >= 1; columns--) {
    const rows = Math.ceil(count / columns);
    const tileHeight = Math.floor((height + tileGap) / rows - tileGap);
    if (tileHeight < minHeight) {
      break;
    }
    const block = sized(count, detail, columns, width, Math.min(tileHeight, maxHeight));
    const size = Math.min(block.tileWidth / aspect, block.tileHeight);
    if (size > bestSize) {
      best = block;
      bestSize = size;
    }
  }
  return best ?? smallest(count, detail, width);
}

function sized(count: number, detail: Detail, columns: number, width: number, tileHeight: number): Omit<Block, 'top'> {
  const share = (width + tileGap) / columns - tileGap;
  // A dot stays square: a stretched one looks like a tile that has lost its words.
  const tileWidth = detail === 'dot' ? Math.min(share, tileHeight * 1.25) : share;
  return { detail, columns, rows: Math.ceil(count / columns), tileWidth, tileHeight };
}

function blockHeight(block: Omit<Block, 'top'>): number {
  return block.rows * (block.tileHeight + tileGap) - tileGap;
}

function stack(blocks: ReadonlyArray<Omit<Block, 'top'>>, available: number): Fit {
  let top = 0;
  const placed = blocks.map((block) => {
    const here = { ...block, top };
    top += blockHeight(block) + blockGap;
    return here;
  });
  const height = Math.max(top - blockGap, 0);
  return { blocks: placed, height, scrolls: height > available };
}

/** Where a tile is, CSS pixels from the start and the top of all blocks. */
export function tilePlace(block: Block, index: number): { readonly start: number; readonly top: number } {
  return {
    start: (index % block.columns) * (block.tileWidth + tileGap),
    top: block.top + Math.floor(index / block.columns) * (block.tileHeight + tileGap),
  };
}

/** The tiles of a block to draw, from `first` up to but without `end`: those in sight and two rows around. */
export function tilesInSight(
  block: Block,
  count: number,
  scrollTop: number,
  height: number
): { readonly first: number; readonly end: number } {
  const around = 2;
  const step = block.tileHeight + tileGap;
  const from = Math.floor((scrollTop - block.top) / step) - around;
  const to = Math.ceil((scrollTop + height - block.top) / step) + around;
  const first = Math.min(Math.max(from, 0) * block.columns, count);
  return { first, end: Math.max(Math.min(Math.max(to, 0) * block.columns, count), first) };
}
