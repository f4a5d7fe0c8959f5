import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type CheerState } from '../types';
import { stateColor } from './looks';
import { mostLines, type ReasonRows } from './reason-rows';
import { alignAsParent, plainList } from './style-parts';

interface ReasonsListProps {
  readonly rows: ReasonRows;
  /** Whose colour stands beside them. */
  readonly state: CheerState;
  /** CSS pixels. */
  readonly fontSize: number;
}

/** A line of a reason, as a multiple of the letters' size. */
export const reasonLine = 1.35;

export function ReasonsList({ rows: { shown, hidden, lines }, state, fontSize }: ReasonsListProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  if (shown.length === 0) {
    return null;
  }
  const borderColor = stateColor(theme, state);
  const clamp = lines === 1 ? 1 : mostLines;
  return (
    <ul
      className={styles.list}
      style={{ fontSize, borderColor, maxHeight: `${lines * reasonLine}em` }}
      aria-label="Reasons"
    >
      {shown.map((reason) => (
        <li key={reason.id} className={styles.reason} data-reason={reason.id}>
          <span dir="auto" title={reason.text} className={styles.text} style={{ WebkitLineClamp: clamp }}>
            {reason.text}
          </span>
        </li>
      ))}
      {hidden.length > 0 && (
        <li className={styles.more} title={hidden.map((reason) => reason.text).join('\n')}>
          and {hidden.length} more
        </li>
      )}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    ...plainList,
    paddingInlineStart: '0.6em',
    borderInlineStart: '0.2em solid',
    minWidth: 0,
    maxWidth: '100%',
    overflow: 'hidden',
  }),
  // Grafana's own styles give each item a line height.
  reason: css({ minWidth: 0, lineHeight: reasonLine }),
  text: css({
    ...alignAsParent,
    display: '-webkit-box',
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
    overflowWrap: 'anywhere',
  }),
  more: css({ lineHeight: reasonLine, color: theme.colors.text.secondary }),
});
