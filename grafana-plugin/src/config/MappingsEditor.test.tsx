import { FieldType, toDataFrame } from '@grafana/data';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';
import { type RoleMapping } from '../types';
import { MappingsEditor } from './MappingsEditor';

const data = [
  toDataFrame({ fields: [{ name: 'apdex', type: FieldType.number, values: [0.9] }] }),
  toDataFrame({ fields: [{ name: 'budget', type: FieldType.number, values: [0.9] }] }),
];

function setup(first: readonly RoleMapping[] = []) {
  const changes = jest.fn();
  function Editor() {
    const [value, setValue] = useState<readonly RoleMapping[]>(first);
    return (
      <MappingsEditor
        value={value}
        onChange={(next = []) => {
          changes(next);
          setValue(next);
        }}
        context={{ data }}
        item={{ id: 'mappings', name: 'Roles' }}
      />
    );
  }
  render(<Editor />);
  return { changes, user: userEvent.setup({ delay: null }) };
}

// A combobox opens, measures and filters in real time: more than five seconds on a machine at its limit.
jest.setTimeout(60_000);

describe('MappingsEditor', () => {
  // Comboboxes measure the options and the text that they show, which jsdom cannot.
  beforeAll(() => {
    class Observer {
      observe() {}
      unobserve() {}
      disconnect() {}
    }
    Object.assign(globalThis, { IntersectionObserver: Observer });
    const canvas = { measureText: () => ({ width: 50 }) };
    jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(canvas as unknown as null);
    for (const size of ['clientWidth', 'clientHeight'] as const) {
      jest.spyOn(Element.prototype, size, 'get').mockReturnValue(300);
    }
    for (const size of ['offsetWidth', 'offsetHeight'] as const) {
      jest.spyOn(HTMLElement.prototype, size, 'get').mockReturnValue(300);
    }
  });
  afterAll(() => jest.restoreAllMocks());

  it('adds a role for a name of the data', async () => {
    const { changes, user } = setup();
    await user.click(screen.getByRole('button', { name: 'Add role' }));
    await user.click(screen.getByLabelText('Metric or field 1', { selector: 'input' }));
    await user.click(await screen.findByRole('option', { name: 'apdex' }));
    expect(changes).toHaveBeenLastCalledWith([{ role: 'score', name: 'apdex' }]);
  });

  it('takes a name that the data do not have, as a regular expression', async () => {
    const { changes, user } = setup([{ role: 'budget', name: '' }]);
    await user.type(screen.getByLabelText('Metric or field 1', { selector: 'input' }), '/budget.*/{Enter}');
    expect(changes).toHaveBeenLastCalledWith([{ role: 'budget', name: '/budget.*/' }]);
  });

  it('changes what a name stands for', async () => {
    const { changes, user } = setup([{ role: 'score', name: 'apdex' }]);
    await user.click(screen.getByLabelText('Role of metric or field 1', { selector: 'input' }));
    await user.click(await screen.findByRole('option', { name: /^Error budget left/ }));
    expect(changes).toHaveBeenLastCalledWith([{ role: 'budget', name: 'apdex' }]);
  });

  it('removes the one that is asked for', async () => {
    const { changes, user } = setup([
      { role: 'score', name: 'apdex' },
      { role: 'health', name: 'up' },
    ]);
    const second = screen.getByRole('group', { name: 'Role 2' });
    await user.click(within(second).getByRole('button', { name: 'Remove role 2' }));
    expect(changes).toHaveBeenLastCalledWith([{ role: 'score', name: 'apdex' }]);
    expect(screen.getAllByRole('group')).toHaveLength(1);
  });
});
