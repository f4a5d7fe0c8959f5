import React, { memo } from 'react';
import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type ServiceGroup } from '../model/group-services';
import { countStates, needsAttention } from './describe';
import { type Detail } from './grid-fit';
import { stateWord } from '../model/states';
import { figureText, stateTextColor } from './looks';
import { StateGlyph } from './StateGlyph';
import { oneLine, plainList, visuallyHidden } from './style-parts';
import { getTileStyles } from './tile-styles';

interface GroupTileProps {
  readonly group: ServiceGroup;
  readonly detail: Detail;
  /** CSS pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Shows the members in place of the groups. */
  readonly onOpen: (name: string) => void;
}

/** Of members' shapes, CSS pixels: the largest at which all fit. */
const memberSizes = [32, 26, 20, 16, 12];
const memberGap = 4;

/** Services that have a label's value in common, with the state of the worst of them. */
export const GroupTile = memo(function GroupTile({ group, detail, tileWidth, tileHeight, onOpen }: GroupTileProps) {
  const theme = useTheme2();
  const tile = useStyles2(getTileStyles);
  const styles = useStyles2(getStyles);
  const { name, state, members } = group;
  const title = groupTitle(group);
  const font = Math.min(Math.max(tileHeight * (detail === 'full' ? 0.1 : 0.2), 12), 17);
  const counts = groupCounts(group);
  const { size, room } = fitMembers(members.length, tileWidth - 26, tileHeight - 24 - font * 3.2);
  return (
    <button
      type="button"
      className={cx(styles.button, tile.tiles[detail][state])}
      style={{ fontSize: font }}
      onClick={() => onOpen(name)}
    >
      <span className={detail === 'line' ? tile.centredBody : tile.body}>
        <span className={tile.head}>
          <StateGlyph state={state} size={Math.round(font * 1.25)} />
          <span className={tile.title} dir="auto">
            {title}
          </span>
          {detail === 'line' ? (
            <span className={styles.count}>
              <span className={styles.unseen}>{stateWord(state)}, </span>
              {members.length}
            </span>
          ) : (
            <span className={tile.word} style={{ color: stateTextColor(theme, state) }}>
              {stateWord(state)}
            </span>
          )}
        </span>
        {detail !== 'line' && <span className={cx(styles.counts, !needsAttention(state) && tile.aside)}>{counts}</span>}
        {detail === 'full' && room > 0 && (
          <span className={styles.members} aria-hidden="true">
            {members.slice(0, room).map((member) => (
              <StateGlyph key={member.key} state={member.state} size={size} />
            ))}
          </span>
        )}
      </span>
    </button>
  );
});

/** The name, or what services without the label are called. */
export function groupTitle({ name }: ServiceGroup): string {
  return name || 'Other';
}

/** At which size how many of them fit. */
function fitMembers(count: number, width: number, height: number) {
  const fits = memberSizes.map((size) => {
    const across = Math.floor((width + memberGap) / (size + memberGap));
    const down = Math.floor((height + memberGap) / (size + memberGap));
    return { size, room: Math.max(across, 0) * Math.max(down, 0) };
  });
  return fits.find(({ room }) => room >= count) ?? { size: 0, room: 0, ...fits.at(-1) };
}

/** "1 red, 2 yellow of 12", "1 disabled of 12" when that is the worst, or "12 services" when all are the same. */
export function groupCounts({ members }: ServiceGroup): string {
  const all = countStates(members);
  const unwell = all.filter(({ state }) => needsAttention(state));
  const told = unwell.length > 0 || all.length === 1 ? unwell : all.slice(0, 1);
  const counts = told.map(({ state, count }) => `${count} ${stateWord(state).toLowerCase()}`).join(', ');
  return counts
    ? `${counts} of ${members.length}`
    : `${members.length} ${members.length === 1 ? 'service' : 'services'}`;
}

const mostMembers = 12;

/** The members of a group, worst first: what its tooltip says. */
export function GroupTip({ group }: { readonly group: ServiceGroup }) {
  const styles = useStyles2(getStyles);
  const more = group.members.length - mostMembers;
  return (
    <div className={styles.tip}>
      <strong dir="auto">{groupTitle(group)}</strong>
      <ul className={styles.list}>
        {group.members.slice(0, mostMembers).map(({ key, name, state, score }) => (
          <li key={key} className={styles.member}>
            <StateGlyph state={state} size={14} />
            <span className={styles.memberName} dir="auto">
              {name}
            </span>
            <span>{score ? figureText(score) : stateWord(state)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <div>and {more} more</div>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  button: css({ font: 'inherit', cursor: 'pointer' }),
  counts: css(oneLine),
  unseen: css(visuallyHidden),
  count: css({ position: 'relative', flex: 'none', color: theme.colors.text.secondary }),
  members: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignContent: 'flex-start',
    gap: memberGap,
    flex: 1,
    paddingTop: 6,
  }),
  tip: css({ maxWidth: 300, fontSize: theme.typography.bodySmall.fontSize }),
  list: css({ ...plainList, marginTop: theme.spacing(0.5) }),
  member: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.75) }),
  memberName: css({ ...oneLine, flex: 1 }),
});
