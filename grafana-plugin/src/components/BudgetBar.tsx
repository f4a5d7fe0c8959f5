import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type Budget, type CheerState } from '../types';
import { budgetText } from './describe';
import { figureColor, figureText, stateColor, trackColor } from './looks';
import { alignAsParent, oneLine } from './style-parts';
import { TrendMark } from './TrendMark';

interface BudgetBarProps {
  readonly budget: Budget;
  /** CSS pixels. */
  readonly fontSize: number;
}

/** A budget's height, as a multiple of the letters' size. */
export const budgetLine = 2.3;

/** Less of a budget than this is nearly spent: the floor of the exporter's health condition. */
const nearlySpent = 0.1;

/** An error budget: its SLO, what is left of it, how it burns. Without data it is neither good nor bad. */
export function BudgetBar({ budget, fontSize }: BudgetBarProps) {
  const { slo, remaining, trend } = budget;
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const left = remaining ? `${figureText(remaining)} left` : 'no data';
  const color = remaining && (figureColor(remaining) ?? stateColor(theme, budgetState(remaining.value)));
  return (
    <span className={styles.budget} style={{ fontSize }} data-slo={slo}>
      <span className={styles.line}>
        <span dir="auto" title={slo} className={styles.slo}>
          {slo}
        </span>
        <TrendMark trend={trend} size={Math.round(fontSize * 0.95)} />
        <span className={remaining ? styles.left : styles.noData} title={left}>
          {remaining ? figureText(remaining) : left}
          {remaining && <span className={styles.word}> left</span>}
        </span>
      </span>
      <span
        className={remaining ? styles.track : styles.emptyTrack}
        {...(remaining && {
          role: 'meter',
          'aria-label': `Error budget: ${slo}`,
          'aria-valuemin': 0,
          'aria-valuemax': 1,
          'aria-valuenow': remaining.value,
          'aria-valuetext': budgetText(budget),
        })}
      >
        {remaining && (
          <span className={styles.bar} style={{ width: `${remaining.value * 100}%`, backgroundColor: color }} />
        )}
      </span>
    </span>
  );
}

export function budgetState(remaining: number): CheerState {
  if (remaining <= 0) {
    return 'red';
  }
  return remaining < nearlySpent ? 'yellow' : 'green';
}

const getStyles = (theme: GrafanaTheme2) => {
  const track = {
    display: 'block',
    height: '0.4em',
    borderRadius: '0.2em',
    overflow: 'hidden',
  };
  const left = { flex: 'none', fontVariantNumeric: 'tabular-nums' };
  return {
    // All of it may stand in a button.
    budget: css({ display: 'block', height: `${budgetLine}em`, minWidth: 0, containerType: 'inline-size' }),
    line: css({ display: 'flex', alignItems: 'center', gap: '0.5em', height: '1.5em', minWidth: 0 }),
    slo: css({ ...oneLine, ...alignAsParent, flex: 1 }),
    left: css({ ...left, fontWeight: theme.typography.fontWeightMedium }),
    word: css({ '@container (max-width: 17em)': { display: 'none' } }),
    noData: css({ ...left, color: theme.colors.text.secondary }),
    track: css({ ...track, background: trackColor(theme) }),
    emptyTrack: css({
      ...track,
      background: `repeating-linear-gradient(135deg, ${theme.colors.border.medium} 0 3px, transparent 3px 7px)`,
    }),
    bar: css({
      display: 'block',
      height: '100%',
      borderRadius: '0.2em',
      [theme.transitions.handleMotion('no-preference')]: { transition: 'width 600ms ease' },
    }),
  };
};
