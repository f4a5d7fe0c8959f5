import React from 'react';
import { css } from '@emotion/css';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type TimeZone } from '@grafana/schema';
import { type Budget, type CheerEvent, type CheerState, type History } from '../types';
import { BudgetBar } from './BudgetBar';
import { EventsList } from './EventsList';
import { stateColor } from './looks';
import { type MeterPlan } from './meter-plan';
import { Sparkline } from './Sparkline';

interface MeterDetailsProps {
  readonly budgets: readonly Budget[];
  readonly events: readonly CheerEvent[];
  readonly history?: History;
  readonly state: CheerState;
  readonly plan: MeterPlan;
  /** Epoch ms. */
  readonly now: number;
  readonly timeZone?: TimeZone;
}

/** Below or beside the verdict, as far as there is room: budgets, the score over time, the latest events. */
export function MeterDetails({ budgets, events, history, state, plan, now, timeZone }: MeterDetailsProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { width, height, budgetRows, budgetColumns, eventRows, sparkline } = plan.details;
  return (
    <div className={styles.details} style={{ width, height, gap: plan.gap }}>
      {budgetRows > 0 && (
        <div
          className={state === 'stale' ? styles.staleBudgets : styles.budgets}
          style={{ gridTemplateColumns: `repeat(${budgetColumns}, minmax(0, 1fr))`, columnGap: plan.gap * 2 }}
        >
          {budgets.slice(0, budgetRows * budgetColumns).map((budget) => (
            <BudgetBar key={budget.slo} budget={budget} fontSize={plan.smallFont} />
          ))}
        </div>
      )}
      {sparkline > 0 && history && (
        <Sparkline history={history} width={width} height={sparkline} color={stateColor(theme, state)} lineWidth={2} />
      )}
      {eventRows > 0 && (
        <EventsList events={events} rows={eventRows} fontSize={plan.smallFont} now={now} timeZone={timeZone} />
      )}
    </div>
  );
}

const getStyles = () => ({
  details: css({
    flex: 'none',
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'center',
    overflow: 'hidden',
  }),
  budgets: css({ display: 'grid' }),
  // What was good or bad is no longer known to be.
  staleBudgets: css({ display: 'grid', filter: 'grayscale(1)' }),
});
