import React, { useMemo } from 'react';
import { css } from '@emotion/css';
import { useStyles2 } from '@grafana/ui';
import { type ServiceView } from '../types';
import { Arc } from './Arc';
import { Celebration } from './Celebration';
import { worstService } from './describe';
import { type LayoutProps } from './layout-props';
import { MeterDetails } from './MeterDetails';
import { planMeter } from './meter-plan';
import { Verdict } from './Verdict';

/** One service, large. Of several the worst. */
export function MeterLayout({ model, options, width, height, now, timeZone }: LayoutProps) {
  const styles = useStyles2(getStyles);
  const service = useMemo(() => worstService(model.services), [model]);
  const shown = useMemo(() => service && content(service, options), [service, options]);
  if (!service || !shown) {
    return null;
  }
  const plan = planMeter(width, height, {
    budgets: shown.budgets.length,
    events: shown.events.length,
    history: shown.history !== undefined,
  });
  return (
    <section
      className={styles.meter}
      style={{ width, height, gap: plan.gap, flexDirection: plan.kind === 'columns' ? 'row' : 'column' }}
      aria-label={service.name}
      data-testid="cheer-service"
      data-service={service.name}
      data-state={service.state}
      data-plan={plan.kind}
    >
      <div
        className={plan.kind === 'stacked' ? styles.above : styles.hero}
        style={{ gap: plan.kind === 'stacked' ? plan.gap / 2 : plan.gap * 2 }}
      >
        <Arc state={service.state} score={service.score} name={service.name} size={plan.arc}>
          <Celebration serviceKey={service.key} state={service.state} enabled={options.celebrate} />
        </Arc>
        <Verdict
          service={service}
          headline={options.headline}
          showReasons={options.showReasons}
          plan={plan}
          now={now}
        />
      </div>
      {plan.details.height > 0 && (
        <MeterDetails {...shown} state={service.state} plan={plan} now={now} timeZone={timeZone} />
      )}
    </section>
  );
}

function content(service: ServiceView, options: LayoutProps['options']) {
  return {
    budgets: options.showBudget ? service.budgets : [],
    events: options.showEvents ? service.events : [],
    history: options.showSparkline ? service.history : undefined,
  };
}

const getStyles = () => {
  const centred = { display: 'flex', alignItems: 'center', justifyContent: 'center', minWidth: 0 } as const;
  return {
    meter: css({ ...centred, overflow: 'hidden' }),
    hero: css(centred),
    above: css({ ...centred, flexDirection: 'column' }),
  };
};
