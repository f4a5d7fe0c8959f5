import { type GrafanaTheme2 } from '@grafana/data';

/** Read aloud, not seen. */
export const visuallyHidden = {
  position: 'absolute',
  width: 1,
  height: 1,
  margin: -1,
  padding: 0,
  border: 0,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
} as const;

/** One line; what doesn't fit is left out and has to be somewhere else, as in the title. */
export const oneLine = { minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' } as const;

/** A list without marks, whose place is what is around it. */
export const plainList = { listStyle: 'none', margin: 0, padding: 0 } as const;

/**
 * For texts with dir="auto": aligned as what is around them, not by their own direction. Browsers know it by one of two
 * names.
 */
export const alignAsParent: { textAlign: Array<'-webkit-match-parent' | 'match-parent'> } = {
  textAlign: ['-webkit-match-parent', 'match-parent'],
};

/** Where the keyboard is; inside where what is around would cut it off. */
export function focusRing(theme: GrafanaTheme2, offset: 'inside' | 'outside') {
  return {
    '&:focus-visible': {
      outline: `2px solid ${theme.colors.primary.text}`,
      outlineOffset: offset === 'inside' ? -2 : 2,
    },
  } as const;
}
