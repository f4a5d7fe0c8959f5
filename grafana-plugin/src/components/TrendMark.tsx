import React from 'react';
import { css } from '@emotion/css';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type Trend } from '../types';
import { stateTextColor, trendState, trendWord } from './looks';
import { visuallyHidden } from './style-parts';

interface TrendMarkProps {
  readonly trend: Trend;
  /** CSS pixels, both ways. */
  readonly size: number;
}

/** Where a budget's burning goes: level, up, twice up, down. Nothing without a trend; its words are for everyone. */
export function TrendMark({ trend, size }: TrendMarkProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  if (trend === 'none') {
    return null;
  }
  return (
    <span className={styles.mark} title={trendWord(trend)} data-trend={trend}>
      <svg
        width={size}
        height={size}
        viewBox="0 0 16 16"
        aria-hidden="true"
        fill="none"
        stroke={stateTextColor(theme, trendState(trend))}
        strokeWidth={2}
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d={paths[trend]} />
      </svg>
      <span className={styles.words}>{trendWord(trend)}</span>
    </span>
  );
}

const paths: Readonly<Record<Exclude<Trend, 'none'>, string>> = {
  acceptable: 'M2.5 8H13.5M10 4.5 13.5 8 10 11.5',
  increasing: 'M3.5 12.5 12.5 3.5M6 3.5H12.5V10',
  critical: 'M3 7.5 8 2.5 13 7.5M3 13 8 8 13 13',
  recovering: 'M3.5 3.5 12.5 12.5M6 12.5H12.5V6',
};

const getStyles = () => ({
  mark: css({ position: 'relative', display: 'inline-flex', flex: 'none' }),
  words: css(visuallyHidden),
});
