import React, { memo } from 'react';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type CheerMeterOptions, type CheerState, type History, type ServiceView } from '../types';
import { BudgetBar } from './BudgetBar';
import { DataLinks } from './DataLinks';
import { describeService, needsAttention, scoreMeter, stateNote } from './describe';
import { type Detail } from './grid-fit';
import { stateWord } from '../model/states';
import { figureColor, figureText, stateColor, stateTextColor } from './looks';
import { Sparkline } from './Sparkline';
import { StateGlyph } from './StateGlyph';
import { getTileStyles, tileSizes } from './tile-styles';

interface TileProps {
  readonly service: ServiceView;
  readonly options: CheerMeterOptions;
  readonly detail: Detail;
  /** CSS pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Epoch ms. */
  readonly now: number;
}

/** A service in the grid; says as much as its size allows. */
export const Tile = memo(function Tile({ service, options, detail, tileWidth, tileHeight, now }: TileProps) {
  const styles = useStyles2(getTileStyles);
  const { name, state } = service;
  const sizes = tileSizes({ detail, tileWidth, tileHeight }, service, options);
  if (detail === 'dot') {
    return (
      <DataLinks source={linkSource(service)} label={describeService(service)} className={styles.tiles.dot[state]}>
        <StateGlyph state={state} size={dotGlyph(tileWidth, tileHeight)} />
      </DataLinks>
    );
  }
  return (
    <DataLinks source={linkSource(service)} className={styles.tiles[detail][state]}>
      <span
        className={detail === 'line' || detail === 'name' ? styles.centredBody : styles.body}
        style={{ fontSize: sizes.font }}
      >
        <span className={styles.head}>
          <StateGlyph state={state} size={sizes.glyph} />
          <span className={styles.title} dir="auto">
            {name}
          </span>
          {detail === 'full' && service.score && <StateWord state={state} />}
          {(detail === 'medium' || detail === 'line') && <Score service={service} className={styles.figure} />}
        </span>
        {detail === 'medium' && (
          <span className={styles.second}>
            <StateWord state={state} />
            <Note {...{ service, options, now }} loud={styles.note} quiet={styles.quietNote} />
          </span>
        )}
        {detail === 'full' && (
          <span className={styles.middle}>
            {service.score ? <Score service={service} className={styles.big} /> : <StateWord state={state} big />}
            <Note {...{ service, options, now }} loud={styles.reason} quiet={styles.quietReason} />
          </span>
        )}
        {sizes.sparkline > 0 && service.history && (
          <ScoreLine service={service} history={service.history} width={sizes.inner} height={sizes.sparkline} />
        )}
        {sizes.budget > 0 && service.budgets[0] && <BudgetBar budget={service.budgets[0]} fontSize={sizes.budget} />}
      </span>
    </DataLinks>
  );
});

interface DotProps {
  readonly state: CheerState;
  /** What it says to those who can't see it. */
  readonly label: string;
  /** CSS pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** A service without links where there is room for its shape only. Of plain props: what stays the same costs nothing. */
export const Dot = memo(function Dot({ state, label, tileWidth, tileHeight }: DotProps) {
  const styles = useStyles2(getTileStyles);
  return (
    <span className={styles.tiles.dot[state]} role="img" aria-label={label}>
      <StateGlyph state={state} size={dotGlyph(tileWidth, tileHeight)} />
    </span>
  );
});

function dotGlyph(tileWidth: number, tileHeight: number): number {
  return Math.round(Math.min(tileWidth, tileHeight) * 0.55);
}

/** What a service links to: its score, or else what else it is known by. */
export function linkSource(service: ServiceView) {
  return (service.score ?? service.budgets.find(({ remaining }) => remaining)?.remaining)?.source;
}

type NoteProps = Pick<TileProps, 'service' | 'options' | 'now'> & { readonly loud: string; readonly quiet: string };

/** The first reason, or how long it has been so; quieter where all is well, as on a tint that would be hard to read. */
function Note({ service, options, now, loud, quiet }: NoteProps) {
  const reason = options.showReasons ? service.reasons[0]?.text : undefined;
  return (
    <span className={needsAttention(service.state) ? loud : quiet} dir="auto">
      {reason ?? stateNote(service, now)}
    </span>
  );
}

function StateWord({ state, big = false }: { readonly state: CheerState; readonly big?: boolean }) {
  const theme = useTheme2();
  const styles = useStyles2(getTileStyles);
  return (
    <span className={big ? styles.bigWord : styles.word} style={{ color: stateTextColor(theme, state) }}>
      {stateWord(state)}
    </span>
  );
}

function Score({ service, className }: { readonly service: ServiceView; readonly className: string }) {
  if (!service.score) {
    return null;
  }
  return (
    <span className={className} {...scoreMeter(service.name, service.state, service.score)}>
      {figureText(service.score)}
    </span>
  );
}

interface ScoreLineProps {
  readonly service: ServiceView;
  readonly history: History;
  readonly width: number;
  readonly height: number;
}

function ScoreLine({ service, history, width, height }: ScoreLineProps) {
  const theme = useTheme2();
  const color = (service.score && figureColor(service.score)) ?? stateColor(theme, service.state);
  return <Sparkline history={history} width={width} height={height} color={color} />;
}
