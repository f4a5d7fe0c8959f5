import React from 'react';
import { css } from '@emotion/css';
import { useStyles2 } from '@grafana/ui';
import { type CheerState } from '../types';
import { stateWord } from '../model/states';
import { StateGlyph } from './StateGlyph';
import { plainList, visuallyHidden } from './style-parts';

interface StateCountsProps {
  /** Worst first. */
  readonly counts: ReadonlyArray<{ readonly state: CheerState; readonly count: number }>;
  /** CSS pixels. */
  readonly fontSize: number;
}

/** How many services are how. */
export function StateCounts({ counts, fontSize }: StateCountsProps) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.counts} style={{ fontSize }} aria-label="Services by state">
      {counts.map(({ state, count }) => (
        <li key={state} className={styles.count} title={`${count} ${stateWord(state).toLowerCase()}`}>
          <StateGlyph state={state} size={Math.round(fontSize * 0.95)} />
          {count}
          <span className={styles.words}>{stateWord(state)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Its width in CSS pixels, rather too much than too little. */
export function countsWidth({ counts, fontSize }: StateCountsProps): number {
  return counts.reduce((sum, { count }) => sum + (String(count).length * 0.62 + 2.1) * fontSize, 0);
}

const getStyles = () => {
  const row = { display: 'flex', alignItems: 'center', minWidth: 0 } as const;
  return {
    counts: css({ ...plainList, ...row, flex: 'none', gap: '0.7em' }),
    count: css({ ...row, position: 'relative', gap: '0.3em', fontVariantNumeric: 'tabular-nums' }),
    words: css(visuallyHidden),
  };
};
