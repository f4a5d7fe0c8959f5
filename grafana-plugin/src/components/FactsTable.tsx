import React, { memo } from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { useStyles2 } from '@grafana/ui';
import { type CheerModel, type ServiceView } from '../types';
import { budgetText } from './describe';
import { stateWord } from '../model/states';
import { figureText, formatTime } from './looks';
import { StateGlyph } from './StateGlyph';
import { focusRing } from './style-parts';

interface FactsTableProps {
  readonly model: CheerModel;
  readonly timeZone?: TimeZone;
}

interface Column {
  readonly title: string;
  /** Long texts may break; figures and times don't. */
  readonly breaks?: boolean;
  readonly text: (service: ServiceView, timeZone?: TimeZone) => string;
}

const columns: readonly Column[] = [
  { title: 'Group', text: ({ group }) => group ?? '' },
  {
    title: 'Since',
    text: ({ since }, timeZone) => (since === undefined ? '' : formatTime(since, timeZone)),
  },
  { title: 'Was', text: ({ lastState }) => (lastState ? stateWord(lastState) : '') },
  { title: 'Score', text: ({ score }) => (score ? figureText(score) : '') },
  { title: 'Reasons', breaks: true, text: ({ reasons }) => reasons.map(({ text }) => text).join('; ') },
  {
    title: 'Error budgets',
    breaks: true,
    text: ({ budgets }) => budgets.map((budget) => `${budget.slo}: ${budgetText(budget)}`).join('; '),
  },
  { title: 'Cheers', text: ({ cheers }) => count(cheers) },
  { title: 'Misses', text: ({ misses }) => count(misses) },
  {
    title: 'Newest data',
    text: ({ lastSeen }, timeZone) => (lastSeen === undefined ? '' : formatTime(lastSeen, timeZone)),
  },
];

/** All that the picture says, and what it leaves out, in words. Columns without a single fact are left out. */
export const FactsTable = memo(function FactsTable({ model, timeZone }: FactsTableProps) {
  const styles = useStyles2(getStyles);
  const { services, events, problems } = model;
  const known = columns.filter(({ text }) => services.some((service) => text(service, timeZone) !== ''));
  return (
    <div className={styles.root} role="region" aria-label="All facts as tables" tabIndex={0}>
      <table className={styles.table}>
        <caption>Services</caption>
        <thead>
          <HeadRow titles={['Service', 'State', ...known.map(({ title }) => title)]} />
        </thead>
        <tbody>
          {services.map((service) => (
            <tr key={service.key}>
              <th scope="row" className={styles.prose} dir="auto">
                {service.name}
              </th>
              <td>
                <span className={styles.state}>
                  <StateGlyph state={service.state} size={14} />
                  {stateWord(service.state)}
                </span>
              </td>
              {known.map(({ title, breaks, text }) => (
                <td key={title} className={breaks ? styles.prose : undefined} dir="auto">
                  {text(service, timeZone)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {events.length > 0 && (
        <table className={styles.table}>
          <caption>Latest events</caption>
          <thead>
            <HeadRow titles={['Time', 'Service', 'Event']} />
          </thead>
          <tbody>
            {events.map(({ id, time, service, text }) => (
              <tr key={id}>
                <td>{formatTime(time, timeZone)}</td>
                <td dir="auto">{service ?? ''}</td>
                <td className={styles.prose} dir="auto">
                  {text}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {problems.length > 0 && (
        <ul className={styles.problems} aria-label="Data that can't be shown">
          {problems.map(({ text, hint }, index) => (
            <li key={index} dir="auto">
              <div>{text}</div>
              <div>{hint}</div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
});

function count(value: number | undefined): string {
  return value === undefined ? '' : String(Math.round(value));
}

const getStyles = (theme: GrafanaTheme2) => ({
  root: css({
    flex: 1,
    minHeight: 0,
    overflow: 'auto',
    scrollbarWidth: 'thin',
    fontSize: theme.typography.bodySmall.fontSize,
    ...focusRing(theme, 'inside'),
  }),
  table: css({
    borderCollapse: 'collapse',
    marginBottom: theme.spacing(2),
    '& caption': {
      captionSide: 'top',
      padding: theme.spacing(0.5, 1),
      color: theme.colors.text.primary,
      fontWeight: theme.typography.fontWeightMedium,
      textAlign: 'start',
    },
    '& th, & td': {
      padding: theme.spacing(0.5, 1),
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      textAlign: 'start',
      verticalAlign: 'top',
      fontVariantNumeric: 'tabular-nums',
      whiteSpace: 'nowrap',
    },
    '& th': { fontWeight: theme.typography.fontWeightMedium },
    '& thead th': { color: theme.colors.text.secondary },
  }),
  prose: css({ '&&': { minWidth: 160, whiteSpace: 'normal' } }),
  state: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5) }),
  problems: css({ margin: theme.spacing(0, 1), color: theme.colors.text.secondary }),
});

function HeadRow({ titles }: { readonly titles: readonly string[] }) {
  return (
    <tr>
      {titles.map((title) => (
        <th key={title} scope="col">
          {title}
        </th>
      ))}
    </tr>
  );
}
