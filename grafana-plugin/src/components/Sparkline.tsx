import React, { memo, useMemo } from 'react';
import { type History } from '../types';

interface SparklineProps {
  readonly history: History;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly color: string;
  /** CSS pixels. */
  readonly lineWidth?: number;
}

/** A score of 0 to 100 over time; gaps stay gaps, a point without neighbours is a dot. The table has the figures. */
export const Sparkline = memo(function Sparkline({ history, width, height, color, lineWidth = 1.5 }: SparklineProps) {
  const { line, area } = useMemo(
    () => sparkline(history, width, height, lineWidth),
    [history, width, height, lineWidth]
  );
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: 'block', flex: 'none' }}>
      <path d={area} fill={color} fillOpacity={0.1} />
      <path d={line} fill="none" stroke={color} strokeWidth={lineWidth} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
});

interface Paths {
  readonly line: string;
  readonly area: string;
}

/** SVG paths of a line and of the area below it; empty without a point. */
export function sparkline({ times, values }: History, width: number, height: number, lineWidth: number): Paths {
  const first = times[0] ?? 0;
  const span = Math.max((times[times.length - 1] ?? 0) - first, 1);
  const across = Math.max(width - lineWidth, 0);
  const down = Math.max(height - lineWidth, 0);
  const x = (time: number) => round(lineWidth / 2 + ((time - first) / span) * across);
  const y = (value: number) => round(lineWidth / 2 + (1 - Math.min(Math.max(value, 0), 100) / 100) * down);
  const line: string[] = [];
  const area: string[] = [];
  for (const run of runs(values)) {
    const points = run.map((index) => `${x(times[index] ?? first)} ${y(values[index] ?? 0)}`);
    const [from, to] = [x(times[run[0] ?? 0] ?? first), x(times[run[run.length - 1] ?? 0] ?? first)];
    line.push(points.length === 1 ? `M${points[0]}h0` : `M${points.join('L')}`);
    area.push(`M${from} ${height}L${points.join('L')}L${to} ${height}Z`);
  }
  return { line: line.join(''), area: area.join('') };
}

/** The indexes of values between gaps. */
function runs(values: ReadonlyArray<number | null>): number[][] {
  const found: number[][] = [];
  let run: number[] = [];
  values.forEach((value, index) => {
    if (value !== null) {
      run.push(index);
    } else if (run.length > 0) {
      found.push(run);
      run = [];
    }
  });
  return run.length > 0 ? [...found, run] : found;
}

const round = (value: number) => Math.round(value * 10) / 10;
