import React, { type ReactNode } from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ServiceView } from '../types';
import { countStates } from './describe';
import { stateWord } from '../model/states';
import { StateGlyph } from './StateGlyph';
import { oneLine, plainList, visuallyHidden } from './style-parts';

/** CSS pixels. */
export const gridHeaderHeight = 28;
/** Of a count with its word, CSS pixels. */
const wordyWidth = 84;

interface GridHeaderProps {
  readonly headline: string;
  readonly services: readonly ServiceView[];
  /** CSS pixels. */
  readonly width: number;
  /** Before the headline. */
  readonly children?: ReactNode;
}

/** Above the grid: what it is of, and how many services are in each state. */
export function GridHeader({ headline, services, width, children }: GridHeaderProps) {
  const styles = useStyles2(getStyles);
  const counts = countStates(services);
  const wordy = width >= counts.length * wordyWidth;
  return (
    <div className={styles.header}>
      {children}
      {headline && (
        <span className={styles.headline} dir="auto" title={headline}>
          {headline}
        </span>
      )}
      <ul className={styles.counts} aria-label="States">
        {counts.map(({ state, count }) => (
          <li key={state} title={stateWord(state)} className={styles.count}>
            <StateGlyph state={state} size={14} />
            <span>
              <b>{count}</b> <span className={wordy ? undefined : styles.unseen}>{stateWord(state).toLowerCase()}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  header: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    height: gridHeaderHeight,
    paddingBottom: 4,
    overflow: 'hidden',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  headline: css({
    ...oneLine,
    fontSize: theme.typography.body.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  counts: css({
    ...plainList,
    display: 'flex',
    flexWrap: 'wrap',
    // What doesn't fit goes to a second line, which is out of sight: never half a word.
    height: gridHeaderHeight - 4,
    overflow: 'hidden',
    columnGap: theme.spacing(1.5),
    color: theme.colors.text.secondary,
    '& b': { color: theme.colors.text.primary, fontWeight: theme.typography.fontWeightMedium },
  }),
  unseen: css(visuallyHidden),
  count: css({
    position: 'relative',
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.75),
    height: gridHeaderHeight - 4,
    whiteSpace: 'nowrap',
  }),
});
