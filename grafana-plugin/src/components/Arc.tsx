import React, { type ReactNode, useId } from 'react';
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type CheerState, type Figure } from '../types';
import { scoreMeter } from './describe';
import { figureColor, stateColor, trackColor } from './looks';
import { StateGlyph } from './StateGlyph';

interface ArcProps {
  readonly state: CheerState;
  readonly score?: Figure;
  /** The service's name, for screen readers. */
  readonly name: string;
  /** Its width in CSS pixels; its height is `arcRatio` of it. */
  readonly size: number;
  /** Drawn over it, in the same square. */
  readonly children?: ReactNode;
}

/** Height through width: the gap at the bottom is left out. */
export const arcRatio = 0.88;

/** Three quarters of a ring, from lower left over the top to lower right, as 100 steps. */
const sweep = 270;

/** A ring of so many pieces with gaps of so many steps between, or of dots: states are told apart without colour. */
const cuts: Readonly<Partial<Record<CheerState, { readonly pieces: number; readonly gap: number }>>> = {
  yellow: { pieces: 16, gap: 0.75 },
  red: { pieces: 34, gap: 0.75 },
};
/** Steps from dot to dot. */
const dotStep = 2.5;
const dotted: ReadonlySet<CheerState> = new Set(['stale', 'unknown', 'disabled']);

export function Arc({ state, score, name, size, children }: ArcProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  // React's own mark is no part of a plain name.
  const maskId = `cheer-arc-${useId().replace(/\W/g, '')}`;
  const stroke = Math.max(size * 0.085, 4);
  const path = ringPath(size, ringRadius(size, stroke));
  const paint = (score && state !== 'stale' && figureColor(score)) || stateColor(theme, state);
  const told = state === 'green' || state === 'yellow' || state === 'red' || state === 'warming';
  const value = score ? score.value : told ? 100 : 0;
  const dots = dotted.has(state);
  const cut = cuts[state] && pieces(cuts[state]);
  const ring = {
    d: path,
    fill: 'none',
    strokeWidth: stroke,
    strokeLinecap: cut ? ('butt' as const) : ('round' as const),
    pathLength: 100,
  };
  const end = cut ? withoutSlivers(value, cut) : dots ? betweenDots(value, size, stroke) : value;
  const mask = cut ? cut.join(' ') : dots ? `0 ${dotStep}` : undefined;
  return (
    <div
      className={styles.box}
      style={{ width: size, height: Math.round(size * arcRatio) }}
      {...(score && scoreMeter(name, state, score))}
    >
      <svg width={size} height={size} viewBox={`0 0 ${size} ${size}`} aria-hidden="true" className={styles.svg}>
        {mask !== undefined && (
          <mask id={maskId} maskUnits="userSpaceOnUse" x={0} y={0} width={size} height={size}>
            <path {...ring} stroke="#fff" strokeWidth={dots ? stroke * 0.5 : stroke + 2} strokeDasharray={mask} />
          </mask>
        )}
        <g mask={mask && `url(#${maskId})`}>
          <path {...ring} stroke={dots ? theme.colors.border.strong : trackColor(theme)} />
          {value > 0 && (
            <path {...ring} className={styles.value} stroke={paint} strokeDasharray={`${end} 200`} data-testid="arc" />
          )}
        </g>
        {score && <Score score={score} size={size} dim={!told} />}
      </svg>
      <div className={score ? styles.badge : styles.centre}>
        <StateGlyph state={state} size={Math.round(score ? size * 0.17 : size * 0.4)} />
      </div>
      {children}
    </div>
  );
}

/** [drawn, left out] in steps: the last piece ends where the ring does. */
function pieces({ pieces: count, gap }: { readonly pieces: number; readonly gap: number }): readonly [number, number] {
  return [(100 - (count - 1) * gap) / count, gap];
}

/** Ends a value at the edge of a piece when less than a quarter of the piece would be of one colour. */
function withoutSlivers(value: number, [drawn, gap]: readonly [number, number]): number {
  const whole = Math.floor(value / (drawn + gap)) * (drawn + gap);
  const part = (value - whole) / drawn;
  if (part < 0.25) {
    return Math.max(whole, drawn / 4);
  }
  return part > 0.75 ? whole + drawn : value;
}

/** Ends a value between two dots, so that none is of two colours; its round end goes on for half its thickness. */
function betweenDots(value: number, size: number, stroke: number): number {
  const stepLength = (ringRadius(size, stroke) * 2 * Math.PI * (sweep / 360)) / 100;
  const dotEnd = (Math.round(value / dotStep) + 0.5) * dotStep - stroke / 2 / stepLength;
  return Math.max(dotEnd, 0.01);
}

function ringRadius(size: number, stroke: number): number {
  return size / 2 - stroke / 2 - 1;
}

interface ScoreProps {
  readonly score: Figure;
  readonly size: number;
  readonly dim: boolean;
}

function Score({ score, size, dim }: ScoreProps) {
  const styles = useStyles2(getStyles);
  const { prefix = '', text, suffix = '' } = score.display;
  // A short unit stands behind the figure, a long one below it.
  const unit = suffix.trim();
  const below = unit.length > 2 ? unit : '';
  const behind = below === '' ? suffix : '';
  // Digits are about 0.6 wide and units are drawn at 0.45 of their size; the ring leaves 0.66 of the square.
  const letters = Math.max((text.length + 0.45 * (prefix.length + behind.length)) * 0.6, 1.2);
  const fontSize = Math.min(size * 0.31, (size * 0.66) / letters);
  const small = { fontSize: fontSize * 0.45 };
  const belowSize = Math.min(size * 0.09, (size * 0.5) / (below.length * 0.6));
  return (
    <text textAnchor="middle" className={dim ? styles.dimScore : styles.score}>
      <tspan x={size / 2} y={size / 2 + fontSize * 0.35} fontSize={fontSize}>
        <tspan style={small}>{prefix}</tspan>
        {text}
        <tspan style={small}>{behind}</tspan>
      </tspan>
      {below !== '' && (
        <tspan
          x={size / 2}
          y={size / 2 + fontSize * 0.35 + belowSize * 1.4}
          fontSize={belowSize}
          className={styles.unit}
        >
          {below}
        </tspan>
      )}
    </text>
  );
}

/** An open ring of some radius in the middle of a square; all in CSS pixels. */
function ringPath(size: number, radius: number): string {
  const at = (degrees: number) => {
    const angle = (degrees * Math.PI) / 180;
    return `${(size / 2 + radius * Math.cos(angle)).toFixed(2)} ${(size / 2 + radius * Math.sin(angle)).toFixed(2)}`;
  };
  const start = 90 + (360 - sweep) / 2;
  return `M${at(start)}A${radius} ${radius} 0 1 1 ${at(start + sweep)}`;
}

const getStyles = (theme: GrafanaTheme2) => {
  const score = {
    fontWeight: theme.typography.fontWeightMedium,
    fontVariantNumeric: 'tabular-nums',
    letterSpacing: '-0.03em',
  };
  return {
    box: css({ position: 'relative', flex: 'none' }),
    svg: css({ display: 'block', overflow: 'visible' }),
    value: css({
      [theme.transitions.handleMotion('no-preference')]: {
        transition: 'stroke-dasharray 600ms ease, stroke 300ms ease',
      },
    }),
    score: css({ ...score, fill: theme.colors.text.primary }),
    unit: css({ fill: theme.colors.text.secondary, letterSpacing: 0 }),
    dimScore: css({ ...score, fill: theme.colors.text.secondary }),
    badge: css({ position: 'absolute', bottom: 0, left: 0, right: 0, display: 'grid', placeItems: 'end center' }),
    centre: css({ position: 'absolute', inset: '0 0 12%', display: 'grid', placeItems: 'center', paddingTop: '10%' }),
  };
};
