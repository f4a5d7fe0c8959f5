import { css } from '@emotion/css';
import React, { useId } from 'react';
import { type GrafanaTheme2, type StandardEditorProps } from '@grafana/data';
import { Button, Combobox, type ComboboxOption, IconButton, useStyles2 } from '@grafana/ui';
import { type CheerMeterOptions, type Role, type RoleMapping } from '../types';
import { nameChoices } from './choices';

const roles: Array<ComboboxOption<Role>> = [
  { value: 'score', label: 'Score', description: '0 to 100, or 0 to 1' },
  { value: 'state', label: 'State', description: 'green, yellow, red, …' },
  { value: 'health', label: 'Health', description: '1 is well, 0 is not' },
  { value: 'budget', label: 'Error budget left', description: '0 to 1, or 0 to 100' },
  { value: 'cheers', label: 'Cheers', description: 'Counter of what went well' },
  { value: 'misses', label: 'Misses', description: 'Counter of what did not' },
  { value: 'condition', label: 'Condition', description: '1 holds, 0 fails' },
  { value: 'burnLong', label: 'Burn rate, long window', description: '1 spends the budget in its period' },
  { value: 'burnShort', label: 'Burn rate, short window', description: '1 spends the budget in its period' },
  { value: 'event', label: 'Event', description: 'Each row is one' },
];

type Props = StandardEditorProps<readonly RoleMapping[], unknown, CheerMeterOptions>;

/** Edits which metric or field plays which role; offers the names that the panel's data have. */
export function MappingsEditor({ value, onChange, context, id }: Props) {
  const styles = useStyles2(getStyles);
  const generatedId = useId();
  const baseId = id ?? generatedId;
  const mappings = value ?? [];
  const names = nameChoices(context.data ?? []).map((name) => ({ value: name, label: name }));
  const change = (index: number, part: Partial<RoleMapping>) =>
    onChange(mappings.map((mapping, at) => (at === index ? { ...mapping, ...part } : mapping)));

  return (
    <div className={styles.list}>
      {mappings.map((mapping, index) => (
        // A mapping has no identity of its own, and the fields below hold no state.
        <div className={styles.row} key={index} role="group" aria-label={`Role ${index + 1}`}>
          <span id={`${baseId}-name-label-${index}`} hidden>{`Metric or field ${index + 1}`}</span>
          <Combobox
            id={`${baseId}-name-${index}`}
            aria-labelledby={`${baseId}-name-label-${index}`}
            options={names}
            value={mapping.name || null}
            createCustomValue
            placeholder="Metric, field or /regex/"
            onChange={(chosen) => change(index, { name: chosen.value.trim() })}
          />
          <span id={`${baseId}-role-label-${index}`} hidden>{`Role of metric or field ${index + 1}`}</span>
          <Combobox
            id={`${baseId}-role-${index}`}
            aria-labelledby={`${baseId}-role-label-${index}`}
            options={roles}
            value={mapping.role}
            onChange={(chosen) => change(index, { role: chosen.value })}
          />
          <IconButton
            name="trash-alt"
            size="md"
            tooltip={`Remove role ${index + 1}`}
            onClick={() => onChange(mappings.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <Button
        icon="plus"
        size="sm"
        variant="secondary"
        onClick={() => onChange([...mappings, { role: 'score', name: '' }])}
      >
        Add role
      </Button>
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    list: css({ display: 'flex', flexDirection: 'column', alignItems: 'flex-start', gap: theme.spacing(1) }),
    row: css({
      display: 'grid',
      gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr) auto',
      gap: theme.spacing(0.5),
      alignItems: 'center',
      width: '100%',
    }),
  };
}
