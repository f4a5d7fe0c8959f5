import React, { useState } from 'react';
import { css } from '@emotion/css';
import { useStyles2 } from '@grafana/ui';
import { type ServiceView } from '../types';
import { describeChanges } from './describe';
import { visuallyHidden } from './style-parts';

interface AnnouncerProps {
  readonly services: readonly ServiceView[];
}

/** A live region that speaks changes of state, each of them once; what is there at first is no change. */
export function Announcer({ services }: AnnouncerProps) {
  const styles = useStyles2(getStyles);
  const [said, setSaid] = useState({ services, text: '' });
  if (said.services !== services) {
    // A text that stays the same is not spoken again, so an update without changes leaves it alone.
    const text = describeChanges(said.services, services) || said.text;
    setSaid({ services, text });
  }
  return (
    <div className={styles.hidden} role="status" aria-live="polite" data-testid="cheer-announcer">
      {said.text}
    </div>
  );
}

const getStyles = () => ({
  hidden: css(visuallyHidden),
});
