import React, { useEffect, useRef, useState } from 'react';
import { css, keyframes } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type CheerState } from '../types';
import { stateColor } from './looks';

interface CelebrationProps {
  /** Of the service: another one begins anew. */
  readonly serviceKey: string;
  readonly state: CheerState;
  /** By option. People who asked for less motion never see it. */
  readonly enabled: boolean;
}

/** Of the longest part, with its delay. */
const celebrationMs = 1_400;
const sparks = 12;

/**
 * A quiet burst inside the ring when a service is green again after it was yellow or red, however it came there. Once
 * for each bad time, never for what was green already when it was first drawn, and gone after 1.4 s.
 */
export function Celebration({ serviceKey, state, enabled }: CelebrationProps) {
  const styles = useStyles2(getStyles);
  const seen = useRef({ serviceKey, bad: false });
  const [burst, setBurst] = useState(0);
  useEffect(() => {
    if (seen.current.serviceKey !== serviceKey) {
      seen.current = { serviceKey, bad: false };
    }
    if (state === 'red' || state === 'yellow') {
      seen.current.bad = true;
    } else if (state === 'green' && seen.current.bad) {
      seen.current.bad = false;
      setBurst((count) => count + 1);
    }
  }, [serviceKey, state]);
  const [over, setOver] = useState(0);
  useEffect(() => {
    if (burst === 0) {
      return;
    }
    const timer = setTimeout(() => setOver(burst), celebrationMs);
    return () => clearTimeout(timer);
  }, [burst]);
  if (!enabled || burst === over || state !== 'green') {
    return null;
  }
  return (
    <svg key={burst} className={styles.burst} viewBox="-50 -50 100 100" aria-hidden="true" data-testid="celebration">
      <circle r={34} className={styles.ring} />
      {Array.from({ length: sparks }, (_, index) => (
        <g key={index} transform={`rotate(${(index * 360) / sparks + 15})`}>
          <circle cy={-22} r={index % 2 ? 1.3 : 1.9} className={styles.spark} />
        </g>
      ))}
    </svg>
  );
}

const widen = keyframes({
  '0%': { opacity: 0, transform: 'scale(0.72)' },
  '25%': { opacity: 0.55 },
  '100%': { opacity: 0, transform: 'scale(1.12)' },
});
const fly = keyframes({
  '0%': { opacity: 0, transform: 'translateY(6px)' },
  '30%': { opacity: 1 },
  '100%': { opacity: 0, transform: 'translateY(-13px)' },
});

const getStyles = (theme: GrafanaTheme2) => ({
  burst: css({
    position: 'absolute',
    top: 0,
    left: 0,
    width: '100%',
    aspectRatio: '1',
    pointerEvents: 'none',
    [theme.transitions.handleMotion('reduce')]: { display: 'none' },
  }),
  ring: css({
    fill: 'none',
    stroke: stateColor(theme, 'green'),
    strokeWidth: 1.2,
    animation: `${widen} 1200ms ease-out both`,
  }),
  spark: css({ fill: stateColor(theme, 'green'), animation: `${fly} 1200ms ease-out 100ms both` }),
});
