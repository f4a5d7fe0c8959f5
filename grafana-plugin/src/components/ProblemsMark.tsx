import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, Tooltip, useStyles2 } from '@grafana/ui';
import { type Layout, type Problem } from '../types';
import { focusRing, oneLine } from './style-parts';

interface ProblemsMarkProps {
  /** At least one. */
  readonly problems: readonly Problem[];
  /** In words, not only by its shape. */
  readonly worded: boolean;
  readonly onClick: () => void;
}

/** CSS pixels. */
const size = 20;
const gap = 4;
/** A smaller picture has nothing to spare, CSS pixels: its table says it. */
const leastWidth = 240;
const leastHeight = 140;

/** What is left for the picture, CSS pixels; undefined where there is no room for the mark: below it, or behind a line. */
export function roomBesideMark(layout: Layout, width: number, height: number) {
  if (layout === 'ticker') {
    return width >= leastWidth ? { width: width - size - gap, height } : undefined;
  }
  return height >= leastHeight ? { width, height: height - size - gap } : undefined;
}

/** Says quietly that something in the data is not in the picture; leads to where all of it is told. */
export function ProblemsMark({ problems, worded, onClick }: ProblemsMarkProps) {
  const styles = useStyles2(getStyles);
  const [first] = problems;
  const words = problems.length === 1 && first ? first.text : `${problems.length} problems with the data`;
  const all = problems.map(({ text, hint }, index) => (
    <div key={index} dir="auto">
      {text}. {hint}.
    </div>
  ));
  return (
    <Tooltip content={<>{all}</>}>
      <button
        type="button"
        className={worded ? styles.below : styles.behind}
        aria-label={worded ? undefined : words}
        onClick={onClick}
      >
        <Icon name="info-circle" size="sm" />
        {worded && (
          <span className={styles.words} dir="auto">
            {words}
          </span>
        )}
      </button>
    </Tooltip>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const mark = {
    position: 'absolute',
    insetInlineEnd: 0,
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    gap: theme.spacing(0.5),
    minWidth: size,
    maxWidth: '100%',
    height: size,
    padding: 0,
    border: 0,
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { color: theme.colors.text.primary },
    ...focusRing(theme, 'inside'),
  } as const;
  return {
    below: css({ ...mark, bottom: 0 }),
    behind: css({ ...mark, top: `calc(50% - ${size / 2}px)` }),
    words: css(oneLine),
  };
};
