import React, { useMemo } from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { DataLinks } from './DataLinks';
import { scoreMeter, worstService } from './describe';
import { EventGlyph } from './EventGlyph';
import { type LayoutProps } from './layout-props';
import { stateWord } from '../model/states';
import { figureColor, figureText, formatTime, isoTime, stateColor, stateTextColor } from './looks';
import { Sparkline } from './Sparkline';
import { StateCounts } from './StateCounts';
import { StateGlyph } from './StateGlyph';
import { alignAsParent, oneLine } from './style-parts';
import { type News } from './ticker-news';
import { planTicker } from './ticker-plan';

/** A line high: how the worst service is, how many are how, why or what happened last. A narrow one has two or three lines. */
export function TickerLayout({ model, options, width, height, now, timeZone }: LayoutProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const worst = useMemo(() => worstService(model.services), [model]);
  if (!worst) {
    return null;
  }
  const { state, history } = worst;
  const plan = planTicker(model, worst, options, { width, height, now });
  const { kind, font, smallFont, gap, name, score, counts, news } = plan;
  const one = kind === 'line';
  const paired = kind === 'paired';
  const countsList = counts.length > 0 && <StateCounts counts={counts} fontSize={smallFont} />;
  const nameText = (
    <DataLinks source={worst.score?.source} label={name} className={paired ? styles.shrinking : styles.nameBox}>
      <span dir="auto" title={name} className={styles.name} style={{ maxWidth: one ? width * 0.4 : undefined }}>
        {name}
      </span>
    </DataLinks>
  );
  return (
    <section
      className={styles.ticker}
      style={{ width, height, fontSize: font, gap }}
      aria-label={name}
      data-testid="cheer-service"
      data-service={worst.name}
      data-state={state}
    >
      <StateGlyph state={state} size={plan.glyph} />
      <div className={one ? styles.first : styles.lines} style={{ gap: one ? gap : 0 }}>
        {!paired && nameText}
        <div className={styles.line} style={{ gap }}>
          {paired && nameText}
          <span className={styles.state} style={{ color: stateTextColor(theme, state) }}>
            {stateWord(state)}
          </span>
          {score && (
            <span className={styles.score} title={figureText(score)} {...scoreMeter(worst.name, state, score)}>
              {figureText(score)}
            </span>
          )}
          {!one && countsList}
        </div>
        {news && (kind === 'three' || paired) && (
          <div className={styles.third} style={{ fontSize: smallFont }}>
            <NewsText news={news} />
          </div>
        )}
      </div>
      {one && countsList}
      {plan.long && options.showSparkline && score && history && (
        <Sparkline
          history={history}
          width={Math.round(font * 8)}
          height={Math.round(font * 1.4)}
          color={figureColor(score) ?? stateColor(theme, state)}
        />
      )}
      {one && news?.event && <EventGlyph event={news.event} size={Math.round(font * 0.9)} />}
      {one && news && <NewsText news={news} />}
      {plan.long && news?.time !== undefined && (
        <time className={styles.time} dateTime={isoTime(news.time)} title={formatTime(news.time, timeZone)}>
          {news.when}
        </time>
      )}
    </section>
  );
}

function NewsText({ news }: { readonly news: News }) {
  const styles = useStyles2(getStyles);
  return (
    <DataLinks source={news.event?.source} label={news.text} className={styles.newsBox}>
      <span dir="auto" title={news.text} className={styles.news}>
        {news.text}
      </span>
    </DataLinks>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const row = { display: 'flex', alignItems: 'center', minWidth: 0 } as const;
  return {
    ticker: css({ ...row, overflow: 'hidden', lineHeight: 1.3 }),
    line: css({ ...row, maxWidth: '100%' }),
    first: css({ ...row, flex: 'none', maxWidth: '85%' }),
    lines: css({ ...row, flex: 1, flexDirection: 'column', alignItems: 'flex-start', lineHeight: 1.25 }),
    nameBox: css({ display: 'block', flex: 'none', maxWidth: '100%', overflow: 'hidden' }),
    shrinking: css({ display: 'block', minWidth: '2em', overflow: 'hidden' }),
    name: css({ ...oneLine, display: 'block', ...alignAsParent }),
    state: css({ flex: 'none', fontWeight: theme.typography.fontWeightMedium }),
    score: css({
      ...oneLine,
      fontVariantNumeric: 'tabular-nums',
      fontWeight: theme.typography.fontWeightMedium,
    }),
    third: css({ ...row, width: '100%' }),
    newsBox: css({ display: 'block', flex: 1, minWidth: 0, overflow: 'hidden' }),
    news: css({ ...oneLine, display: 'block', ...alignAsParent, color: theme.colors.text.secondary }),
    time: css({ flex: 'none', color: theme.colors.text.secondary, fontVariantNumeric: 'tabular-nums' }),
  };
};
