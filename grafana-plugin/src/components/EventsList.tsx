import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { useStyles2 } from '@grafana/ui';
import { type CheerEvent } from '../types';
import { DataLinks } from './DataLinks';
import { EventGlyph } from './EventGlyph';
import { formatAgo, formatTime, isoTime } from './looks';
import { alignAsParent, oneLine, plainList } from './style-parts';

interface EventsListProps {
  /** Newest first. */
  readonly events: readonly CheerEvent[];
  /** At most so many are drawn. */
  readonly rows: number;
  /** CSS pixels. */
  readonly fontSize: number;
  /** Epoch ms. */
  readonly now: number;
  readonly timeZone?: TimeZone;
}

/** A line of an event, as a multiple of the letters' size. */
export const eventLine = 1.75;

export function EventsList({ events, rows, fontSize, now, timeZone }: EventsListProps) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.list} style={{ fontSize }} aria-label="Latest events">
      {events.slice(0, Math.max(rows, 0)).map((event) => (
        <li key={event.id} className={styles.event} data-kind={event.kind}>
          <EventGlyph event={event} size={Math.round(fontSize * 0.95)} />
          <DataLinks source={event.source} label={event.text} className={styles.text}>
            <span dir="auto" title={event.text} className={styles.words}>
              {event.text}
            </span>
          </DataLinks>
          <time className={styles.time} dateTime={isoTime(event.time)} title={formatTime(event.time, timeZone)}>
            {formatAgo(event.time, now)}
          </time>
        </li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ ...plainList, minWidth: 0 }),
  event: css({ display: 'flex', alignItems: 'center', gap: '0.6em', height: `${eventLine}em`, minWidth: 0 }),
  text: css({ flex: 1, minWidth: 0, display: 'block', overflow: 'hidden' }),
  words: css({ ...oneLine, ...alignAsParent, display: 'block' }),
  time: css({
    flex: 'none',
    color: theme.colors.text.secondary,
    fontSize: '0.88em',
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
  }),
});
