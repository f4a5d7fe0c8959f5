import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type CheerState, type Problem } from '../types';
import { StateGlyph } from './StateGlyph';
import { plainList } from './style-parts';

interface PanelMessageProps {
  readonly title: string;
  /** What to do; for a problem of its own what is wrong stands above it. */
  readonly problems: readonly Problem[];
  readonly glyph: CheerState;
  /** An alert is spoken at once. */
  readonly role?: 'status' | 'alert';
  /** CSS pixels. */
  readonly height: number;
}

/** Below this height there is room for the title only. */
const roomForHints = 96;

/** In place of the picture: there is nothing to draw, why, and how to get something. */
export function PanelMessage({ title, problems, glyph, role = 'status', height }: PanelMessageProps) {
  const styles = useStyles2(getStyles);
  const small = height < roomForHints;
  const all = problems.map(({ text, hint }) => [text, hint].filter(Boolean).join('\n')).join('\n');
  return (
    <div className={styles.root} role={role} data-testid="cheer-message">
      <div className={styles.title} title={small ? `${title}\n${all}` : undefined}>
        <StateGlyph state={glyph} size={small ? 16 : 20} />
        <span className={styles.words} dir="auto">
          {title}
        </span>
      </div>
      {!small && problems.length > 0 && (
        <ul className={styles.list}>
          {problems.map(({ text, hint }, index) => (
            <li key={index} dir="auto">
              {text && <div className={styles.what}>{text}</div>}
              <div className={styles.hint}>{hint}</div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  root: css({
    width: '100%',
    height: '100%',
    overflow: 'auto',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    // Unlike plain `center`, the first line stays in reach when there is more than fits.
    justifyContent: 'safe center',
    gap: theme.spacing(1.5),
    padding: theme.spacing(0.5, 1),
  }),
  title: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    maxWidth: '100%',
    color: theme.colors.text.primary,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  words: css({ minWidth: 0, overflowWrap: 'anywhere' }),
  list: css({
    ...plainList,
    maxWidth: 560,
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    overflowWrap: 'anywhere',
    textAlign: 'center',
  }),
  what: css({ color: theme.colors.text.primary }),
  hint: css({ color: theme.colors.text.secondary }),
});
