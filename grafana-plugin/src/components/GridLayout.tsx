import React, { useEffect, useMemo, useRef, useState } from 'react';
import { IconButton } from '@grafana/ui';
import { type CheerMeterOptions, type ServiceView } from '../types';
import { groupServices, type ServiceGroup } from '../model/group-services';
import { hasLinks } from './DataLinks';
import { describeVerdict } from './describe';
import { arrangeGroups, arrangeServices } from './grid-arrangement';
import { type Block } from './grid-fit';
import { GridHeader, gridHeaderHeight } from './GridHeader';
import { groupTitle, GroupTile, GroupTip } from './GroupTile';
import { type LayoutProps } from './layout-props';
import { ServiceTip } from './ServiceTip';
import { Dot, linkSource, Tile } from './Tile';
import { TileBlocks } from './TileBlocks';

/** So many services can be counted at a glance: they need no header that does it. */
const countedAtAGlance = 8;
/** A header in a smaller panel would take room from the tiles, CSS pixels. */
const roomForHeader = { width: 200, height: 150 };

/** Many services, a tile each, or a tile for each group of them. */
export function GridLayout({ model, options, width, height, now }: LayoutProps) {
  const [open, setOpen] = useState<string>();
  const root = useFocusThatFollows(open);
  const groups = useMemo(() => groupsOf(model.services, options.groupBy), [model.services, options.groupBy]);
  const opened = groups.find(({ name }) => name === open);
  const services = opened?.members ?? model.services;
  const headline = opened ? groupTitle(opened) : options.headline;
  const roomy = width >= roomForHeader.width && height >= roomForHeader.height;
  const hasHeader = opened !== undefined || (roomy && (headline !== '' || services.length > countedAtAGlance));
  const size = { width, height: hasHeader ? Math.max(height - gridHeaderHeight, 0) : height };
  return (
    <div ref={root}>
      {hasHeader && (
        <GridHeader headline={headline} services={services} width={width}>
          {opened && <IconButton name="arrow-left" aria-label="Show all groups" onClick={() => setOpen(undefined)} />}
        </GridHeader>
      )}
      {groups.length > 0 && !opened ? (
        <Groups groups={groups} onOpen={setOpen} {...size} />
      ) : (
        <Services services={services} options={options} now={now} {...size} />
      )}
    </div>
  );
}

/** The button that opens or closes a group goes with the click: the keyboard goes on where the opposite is done. */
function useFocusThatFollows(open: string | undefined) {
  const root = useRef<HTMLDivElement>(null);
  const before = useRef(open);
  useEffect(() => {
    if (before.current !== open) {
      const groups = [...(root.current?.querySelectorAll<HTMLElement>('[data-group]') ?? [])];
      const place = open === undefined ? groups.find(({ dataset }) => dataset.group === before.current) : root.current;
      before.current = open;
      place?.querySelector('button')?.focus();
    }
  }, [open]);
  return root;
}

/** None when nothing has the label: a single group of what has none would hide all services. */
function groupsOf(services: readonly ServiceView[], label: string): readonly ServiceGroup[] {
  const groups = label === '' ? [] : groupServices(services);
  return groups.some(({ name }) => name !== '') ? groups : [];
}

interface ServicesProps {
  readonly services: readonly ServiceView[];
  readonly options: CheerMeterOptions;
  readonly width: number;
  readonly height: number;
  readonly now: number;
}

function Services({ services, options, width, height, now }: ServicesProps) {
  const draw = (service: ServiceView, { detail, tileWidth, tileHeight }: Block) =>
    detail === 'dot' && !hasLinks(linkSource(service)) ? (
      <Dot state={service.state} label={describeVerdict(service)} {...{ tileWidth, tileHeight }} />
    ) : (
      <Tile {...{ service, options, detail, tileWidth, tileHeight, now }} />
    );
  return (
    <TileBlocks
      {...arrangeServices(services, options.sortBy, width, height)}
      width={width}
      height={height}
      keyOf={({ key }) => key}
      attributesOf={({ name, state }) => ({
        'data-testid': 'cheer-service',
        'data-service': name,
        'data-state': state,
      })}
      draw={draw}
      tip={(service) => <ServiceTip service={service} now={now} />}
    />
  );
}

interface GroupsProps {
  readonly groups: readonly ServiceGroup[];
  readonly width: number;
  readonly height: number;
  readonly onOpen: (name: string) => void;
}

function Groups({ groups, width, height, onOpen }: GroupsProps) {
  return (
    <TileBlocks
      {...arrangeGroups(groups, width, height)}
      width={width}
      height={height}
      keyOf={({ name }) => name}
      attributesOf={({ name, state }) => ({
        'data-testid': 'cheer-group',
        'data-group': name,
        'data-state': state,
      })}
      draw={(group, { detail, tileWidth, tileHeight }) => (
        <GroupTile {...{ group, detail, tileWidth, tileHeight, onOpen }} />
      )}
      tip={(group) => <GroupTip group={group} />}
    />
  );
}
