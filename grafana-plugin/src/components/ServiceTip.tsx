import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ServiceView } from '../types';
import { linksOf } from './DataLinks';
import { budgetText, stateNote } from './describe';
import { stateWord } from '../model/states';
import { figureText, formatAgo, formatCount } from './looks';
import { StateGlyph } from './StateGlyph';
import { linkSource } from './Tile';

interface ServiceTipProps {
  readonly service: ServiceView;
  /** Epoch ms. */
  readonly now: number;
}

const mostReasons = 4;
const mostBudgets = 4;

/** All that is known of a service at a glance: what a tooltip says. */
export function ServiceTip({ service, now }: ServiceTipProps) {
  const styles = useStyles2(getStyles);
  const { name, state, score, reasons, budgets, cheers, misses, events } = service;
  const links = linksOf(linkSource(service));
  const facts = [
    score && (['Score', figureText(score)] as const),
    ...budgets.slice(0, mostBudgets).map((budget) => [`Budget ${budget.slo}`, budgetText(budget)] as const),
    cheers !== undefined && (['Cheers', formatCount(cheers)] as const),
    misses !== undefined && (['Misses', formatCount(misses)] as const),
    events[0] && ([formatAgo(events[0].time, now), events[0].text] as const),
  ].filter((fact) => Boolean(fact)) as ReadonlyArray<readonly [string, string]>;
  return (
    <div className={styles.tip}>
      <div className={styles.head}>
        <StateGlyph state={state} size={16} />
        <strong dir="auto">{name}</strong>
      </div>
      <div>{[stateWord(state), stateNote(service, now)].filter(Boolean).join(' · ')}</div>
      {reasons.slice(0, mostReasons).map((reason) => (
        <div key={reason.id} dir="auto">
          {reason.text}
        </div>
      ))}
      <dl className={styles.facts}>
        {facts.map(([term, fact]) => (
          <React.Fragment key={term}>
            <dt dir="auto">{term}</dt>
            <dd dir="auto">{fact}</dd>
          </React.Fragment>
        ))}
      </dl>
      {links.length > 0 && <div dir="auto">Leads to: {links.map(({ title }) => title).join(', ')}</div>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tip: css({ maxWidth: 300, fontSize: theme.typography.bodySmall.fontSize, overflowWrap: 'anywhere' }),
  head: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.75) }),
  facts: css({
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    columnGap: theme.spacing(1.5),
    margin: theme.spacing(0.5, 0, 0),
    '& dt': { color: theme.colors.text.secondary, fontWeight: 'inherit' },
    '& dd': { margin: 0 },
  }),
});
