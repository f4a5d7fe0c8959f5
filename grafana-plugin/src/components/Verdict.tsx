import React from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type ServiceView } from '../types';
import { DataLinks } from './DataLinks';
import { stateWord } from '../model/states';
import { stateTextColor } from './looks';
import { type MeterPlan } from './meter-plan';
import { mostLines } from './reason-rows';
import { ReasonsList } from './ReasonsList';
import { alignAsParent, oneLine } from './style-parts';
import { factLine, nameLine, planVerdict, reasonsGap, wordLine } from './verdict-plan';

interface VerdictProps {
  readonly service: ServiceView;
  /** Instead of the service's name, when not empty. */
  readonly headline: string;
  readonly showReasons: boolean;
  readonly plan: MeterPlan;
  /** Epoch ms. */
  readonly now: number;
}

/** What a meter says in words: of which service, its state, for how long, why. */
export function Verdict({ service, headline, showReasons, plan, now }: VerdictProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { font, smallFont, wordFont, verdict } = plan;
  const name = headline || service.name;
  const { showName, facts, reasons } = planVerdict(service, name, showReasons, plan, now);
  const centred = plan.kind === 'stacked';
  return (
    <div
      className={centred ? styles.centred : styles.verdict}
      style={{ width: verdict.width, maxHeight: verdict.height }}
    >
      {showName && (
        <DataLinks source={service.score?.source} label={name} className={styles.nameBox}>
          <span dir="auto" title={name} className={styles.name} style={{ fontSize: smallFont, lineHeight: nameLine }}>
            {name}
          </span>
        </DataLinks>
      )}
      <div
        className={styles.word}
        style={{ fontSize: wordFont, lineHeight: wordLine, color: stateTextColor(theme, service.state) }}
      >
        {stateWord(service.state)}
      </div>
      {facts.map((fact) => (
        <div key={fact} className={styles.fact} title={fact} style={{ fontSize: smallFont, lineHeight: factLine }}>
          {fact}
        </div>
      ))}
      {reasons.lines > 0 && (
        <div className={styles.reasons} style={{ paddingTop: reasonsGap * font }}>
          <ReasonsList rows={reasons} state={service.state} fontSize={font} />
        </div>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const cut = { ...oneLine, maxWidth: '100%' };
  const wrapped = {
    display: '-webkit-box',
    WebkitBoxOrient: 'vertical',
    WebkitLineClamp: mostLines,
    maxWidth: '100%',
    overflow: 'hidden',
    flex: 'none',
  } as const;
  const verdict = {
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'center',
    minWidth: 0,
    overflow: 'hidden',
  } as const;
  return {
    verdict: css(verdict),
    centred: css({ ...verdict, alignItems: 'center', justifyContent: 'flex-start' }),
    nameBox: css({ display: 'block', maxWidth: '100%' }),
    name: css({ ...cut, display: 'block', ...alignAsParent, color: theme.colors.text.secondary }),
    reasons: css({ minWidth: 0, maxWidth: '100%' }),
    word: css({ ...cut, fontWeight: theme.typography.fontWeightMedium, letterSpacing: '-0.02em' }),
    fact: css({
      ...wrapped,
      color: theme.colors.text.secondary,
      fontVariantNumeric: 'tabular-nums',
    }),
  };
};
