import React, { useMemo, useRef, useState } from 'react';
import { css, cx } from '@emotion/css';
import { type GrafanaTheme2, LoadingState, type PanelData, type PanelProps } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { ModelBuilder } from '../model/build-model';
import { chooseLayout } from '../model/choose-layout';
import { type CheerMeterOptions, type CheerModel, type Layout, type Problem } from '../types';
import { Announcer } from './Announcer';
import { FactsTable } from './FactsTable';
import { GridLayout } from './GridLayout';
import { type LayoutProps } from './layout-props';
import { MeterLayout } from './MeterLayout';
import { PanelMessage } from './PanelMessage';
import { ProblemsMark, roomBesideMark } from './ProblemsMark';
import { focusRing } from './style-parts';
import { TickerLayout } from './TickerLayout';
import { isLoading, useSettled } from './use-settled';

type Status = CheerModel['status'] | 'loading' | 'error';

/** The panel: makes a model of the data and draws it as the size allows, or says why there is nothing to draw. */
export function CheerMeterPanel(props: PanelProps<CheerMeterOptions>) {
  const { data, options, width, height, timeZone, replaceVariables, fieldConfig } = props;
  const styles = useStyles2(getStyles);
  const settled = useSettled(data);
  const { model, now } = useModel(settled, options);
  const headline = replaceVariables(options.headline);
  const drawn = useMemo(() => ({ ...options, headline }), [options, headline]);
  const [asTable, setAsTable] = useState(false);
  const layout = chooseLayout({ layout: options.layout, width, height, services: model.services.length });
  const status = statusOf(settled, model);
  const toggle = useRef<HTMLButtonElement>(null);
  const beside = model.problems.length > 0 ? roomBesideMark(layout, width, height) : undefined;
  const showProblems = () => {
    setAsTable(true);
    // The mark goes; the way back is where the keyboard goes on.
    toggle.current?.focus();
  };
  return (
    <div
      className={cx(styles.root, asTable && styles.column)}
      style={{ width, height }}
      data-testid="cheer-meter"
      data-layout={asTable ? 'table' : layout}
      data-status={status}
    >
      {status === 'ok' && (
        <button
          ref={toggle}
          type="button"
          className={asTable ? styles.toggle : styles.hiddenToggle}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'Show as picture' : 'Show as table'}
        </button>
      )}
      {status !== 'ok' && (
        <PanelMessage {...messageOf(status, settled, model, fieldConfig.defaults.noValue)} height={height} />
      )}
      {status === 'ok' && asTable && <FactsTable model={model} timeZone={timeZone} />}
      {status === 'ok' && !asTable && (
        <Picture {...{ layout, model, options: drawn, width, height, now, timeZone, ...beside }} />
      )}
      {status === 'ok' && !asTable && beside && (
        <ProblemsMark problems={model.problems} worded={layout !== 'ticker'} onClick={showProblems} />
      )}
      <Announcer services={model.services} />
    </div>
  );
}

/** The same as long as data and options are: a change of size makes no new one. */
function useModel({ series, annotations, timeRange, structureRev }: PanelData, options: CheerMeterOptions) {
  const from = timeRange.from.valueOf();
  const end = timeRange.to.valueOf();
  const [builder] = useState(() => new ModelBuilder());
  return useMemo(() => {
    const now = nowWithin(from, end);
    const input = { series, annotations: annotations ?? [], structureRev, options, from, to: now };
    return { now, model: builder.build(input) };
  }, [builder, series, annotations, structureRev, options, from, end]);
}

/** A range such as "today" ends later than its data can: what is newest at the time of the query is not stale. */
function nowWithin(from: number, end: number): number {
  return Math.max(from, Math.min(end, Date.now()));
}

function statusOf(data: PanelData, model: CheerModel): Status {
  if (model.status !== 'ok') {
    if (data.state === LoadingState.Error) {
      return 'error';
    }
    if (isLoading(data)) {
      return 'loading';
    }
  }
  return model.status;
}

function messageOf(status: Status, data: PanelData, model: CheerModel, noValue: string | undefined) {
  switch (status) {
    case 'loading':
      return { title: 'Waiting for data', glyph: 'warming' as const, problems: [] };
    case 'error':
      return { title: 'The query failed', glyph: 'red' as const, role: 'alert' as const, problems: errorsOf(data) };
    case 'unusable':
      return { title: 'No series of these data can be shown', glyph: 'unknown' as const, problems: model.problems };
    default:
      return noValue
        ? { title: noValue, glyph: 'unknown' as const, problems: [] }
        : { title: 'No data', glyph: 'unknown' as const, problems: [...model.problems, nothingThere] };
  }
}

const nothingThere: Problem = { text: '', hint: 'The query found no values in this time range' };

function errorsOf(data: PanelData): Problem[] {
  // A query that throws, unlike one that answers with an error, still comes with `error` alone.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { error, errors } = data;
  const all = errors ?? (error ? [error] : []);
  const texts = new Set(all.map(({ message, data }) => message ?? data?.message ?? data?.error ?? ''));
  const hint = 'The answer of the data source is in the menu of the panel under Inspect, Query';
  return [{ text: [...texts].filter(Boolean).join('\n'), hint }];
}

function Picture({ layout, ...props }: LayoutProps & { readonly layout: Layout }) {
  switch (layout) {
    case 'meter':
      return <MeterLayout {...props} />;
    case 'grid':
      return <GridLayout {...props} />;
    case 'ticker':
      return <TickerLayout {...props} />;
  }
}

const getStyles = (theme: GrafanaTheme2) => {
  const toggle = {
    padding: theme.spacing(0.25, 1),
    border: `1px solid ${theme.colors.border.strong}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.elevated,
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    ...focusRing(theme, 'inside'),
  } as const;
  return {
    root: css({ position: 'relative', overflow: 'hidden' }),
    column: css({ display: 'flex', flexDirection: 'column' }),
    toggle: css({ ...toggle, flex: 'none', alignSelf: 'flex-start' }),
    // In the way of nobody until it is reached by keyboard.
    hiddenToggle: css({
      ...toggle,
      position: 'absolute',
      insetInlineStart: 0,
      top: 0,
      zIndex: 1,
      '&:not(:focus)': { clipPath: 'inset(50%)', pointerEvents: 'none' },
    }),
  };
};
