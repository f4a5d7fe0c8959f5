import React, {
  type CSSProperties,
  forwardRef,
  type LiHTMLAttributes,
  memo,
  type ReactElement,
  useCallback,
  useEffect,
  useState,
} from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2, shallowCompare } from '@grafana/data';
import { Tooltip, useStyles2 } from '@grafana/ui';
import { type Block, type Fit, tileGap, tilePlace, tilesInSight } from './grid-fit';
import { focusRing, plainList } from './style-parts';

export interface TileBlock<T> {
  /** For screen readers: what the tiles have in common. */
  readonly label: string;
  readonly items: readonly T[];
}

interface TileBlocksProps<T> {
  /** As many as blocks of `fit`. */
  readonly blocks: ReadonlyArray<TileBlock<T>>;
  readonly fit: Fit;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly keyOf: (item: T) => string;
  readonly attributesOf: (item: T) => Readonly<Record<`data-${string}`, string>>;
  readonly draw: (item: T, block: Block) => ReactElement;
  readonly tip: (item: T) => ReactElement;
}

/**
 * Lays tiles out as `fit` says and draws those in sight only. One tooltip serves all of them: it follows its item by
 * key, and goes when the item, the pointer, the focus or the panel goes.
 */
export function TileBlocks<T>({ blocks, fit, width, height, keyOf, attributesOf, draw, tip }: TileBlocksProps<T>) {
  const styles = useStyles2(getStyles);
  const [scrollTop, setScrollTop] = useState(0);
  const [pointed, setPointed] = useState<string>();
  const forget = useCallback(() => setPointed(undefined), []);
  useEscape(pointed !== undefined, forget);
  return (
    <div
      className={styles.scroller}
      style={{ width, height, overflowY: fit.scrolls ? 'auto' : 'hidden' }}
      tabIndex={fit.scrolls ? 0 : undefined}
      role="group"
      aria-label="Services"
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onPointerOver={(event) => setPointed(keyAt(event.target))}
      onPointerLeave={forget}
      onFocus={(event) => setPointed(event.target.matches(':focus-visible') ? keyAt(event.target) : undefined)}
      onBlur={forget}
    >
      <div className={styles.content} style={{ height: fit.height }}>
        {fit.blocks.map((block, b) => {
          const { label, items } = blocks[b] ?? { label: '', items: [] };
          const { first, end } = fit.scrolls
            ? tilesInSight(block, items.length, scrollTop, height)
            : { first: 0, end: items.length };
          return (
            <ul key={label} className={styles.block} style={blockStyle(block, first)} aria-label={label}>
              {items.slice(first, end).map((item, i) => (
                <Cell
                  key={keyOf(item)}
                  className={styles.item}
                  data-key={keyOf(item)}
                  {...attributesOf(item)}
                  {...(fit.scrolls && { 'aria-setsize': items.length, 'aria-posinset': first + i + 1 })}
                >
                  {draw(item, block)}
                </Cell>
              ))}
            </ul>
          );
        })}
        {pointed !== undefined && <Tip {...{ blocks, fit, keyOf, tip, pointed }} />}
      </div>
    </div>
  );
}

type CellProps = LiHTMLAttributes<HTMLLIElement> & { readonly children: ReactElement };

/** Drawn anew only when its own attributes or those of what is in it are others: of hundreds few are. */
const Cell = memo(
  function Cell({ children, ...attributes }: CellProps) {
    return <li {...attributes}>{children}</li>;
  },
  ({ children: before, ...attributesBefore }, { children: after, ...attributes }) =>
    before.type === after.type &&
    shallowCompare(before.props, after.props) &&
    shallowCompare(attributesBefore, attributes)
);

type TipProps<T> = Pick<TileBlocksProps<T>, 'blocks' | 'fit' | 'keyOf' | 'tip'> & { readonly pointed: string };

function Tip<T>({ blocks, fit, keyOf, tip, pointed }: TipProps<T>) {
  for (const [b, block] of fit.blocks.entries()) {
    const items = blocks[b]?.items ?? [];
    const index = items.findIndex((item) => keyOf(item) === pointed);
    const item = items[index];
    if (item !== undefined) {
      const { start, top } = tilePlace(block, index);
      return (
        <Tooltip key={pointed} show content={tip(item)} placement="auto">
          <Anchor style={{ insetInlineStart: start, top, width: block.tileWidth, height: block.tileHeight }} />
        </Tooltip>
      );
    }
  }
  return null;
}

/** What the tooltip points at. It takes no other attributes, as Tooltip would make it a tab stop. */
const Anchor = forwardRef<HTMLDivElement, { readonly style: CSSProperties }>(function Anchor({ style }, ref) {
  return <div ref={ref} aria-hidden="true" style={{ ...style, position: 'absolute', pointerEvents: 'none' }} />;
});

function keyAt(target: EventTarget): string | undefined {
  const item = target instanceof Element ? target.closest('li[data-key]') : null;
  return item?.getAttribute('data-key') ?? undefined;
}

/** A tooltip can be dismissed without moving the pointer (WCAG 1.4.13). */
function useEscape(active: boolean, onEscape: () => void) {
  useEffect(() => {
    if (!active) {
      return;
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        onEscape();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [active, onEscape]);
}

function blockStyle(block: Block, first: number): CSSProperties {
  return {
    top: block.top + Math.floor(first / block.columns) * (block.tileHeight + tileGap),
    gridTemplateColumns: `repeat(${block.columns}, ${block.tileWidth}px)`,
    gridAutoRows: block.tileHeight,
  };
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroller: css({
    position: 'relative',
    scrollbarWidth: 'thin',
    overflowX: 'hidden',
    ...focusRing(theme, 'inside'),
  }),
  content: css({ position: 'relative' }),
  block: css({
    ...plainList,
    position: 'absolute',
    insetInlineStart: 0,
    display: 'grid',
    gap: tileGap,
  }),
  item: css({ minWidth: 0, minHeight: 0, overflow: 'hidden' }),
});
