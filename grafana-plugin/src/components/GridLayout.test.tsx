import React from 'react';
import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { view } from '../model/testing/views';
import { type CheerMeterOptions, type ServiceView, defaultOptions } from '../types';
import { GridLayout } from './GridLayout';
import { figure, linked, modelOf, now, views } from './testing/views';

function grid(
  services: readonly ServiceView[],
  { width = 800, height = 600, ...options }: Partial<CheerMeterOptions> & { width?: number; height?: number } = {}
) {
  return (
    <GridLayout
      model={modelOf(...services)}
      options={{ ...defaultOptions, ...options }}
      width={width}
      height={height}
      now={now}
    />
  );
}

const tiles = () => screen.getAllByTestId('cheer-service');
const namesInOrder = () => tiles().map((tile) => tile.getAttribute('data-service'));
const linkedView = (name: string) => view(name, { score: linked(80, [`d/${name}`]) });

describe('tiles', () => {
  it('keep the order of the model, however they are arranged', () => {
    const services = [view('billing', { state: 'red' }), view('auth', { state: 'yellow' }), ...views(150)];
    render(grid(services));
    expect(namesInOrder()).toEqual(services.map(({ name }) => name));
    // In two blocks: those that need attention are larger.
    expect(within(screen.getByRole('list', { name: /need attention/ })).getAllByRole('listitem')).toHaveLength(2);
  });

  it('say name, state, reason and score in words', () => {
    render(
      grid([
        view('billing', {
          state: 'red',
          score: figure(17),
          reasons: [{ id: 'breakers', text: 'A breaker is open' }],
          budgets: [{ slo: 'delivery', remaining: figure(0.25, '25', {}, '%'), trend: 'none' }],
        }),
      ])
    );
    const [tile] = tiles();
    expect(tile).toHaveAttribute('data-state', 'red');
    for (const text of ['billing', 'Red', '17', 'A breaker is open', 'delivery', '25% left']) {
      expect(tile).toHaveTextContent(text);
    }
    expect(screen.getByRole('meter', { name: 'Score of billing' })).toHaveAttribute('aria-valuenow', '17');
    expect(screen.getByRole('meter', { name: 'Score of billing' })).toHaveAttribute('aria-valuetext', '17, Red');
  });

  it('leave out what the options switch off', () => {
    const service = view('billing', {
      state: 'red',
      reasons: [{ id: 'breakers', text: 'A breaker is open' }],
      budgets: [{ slo: 'delivery', remaining: figure(0.25), trend: 'none' }],
    });
    render(grid([service], { showReasons: false, showBudget: false }));
    expect(tiles()[0]).not.toHaveTextContent('A breaker is open');
    expect(tiles()[0]).not.toHaveTextContent('delivery');
  });

  it('have names in a small panel, as long as these can be read', () => {
    render(grid(views(12), { width: 284, height: 160 }));
    expect(screen.getByText('service-11')).toBeInTheDocument();
  });

  it('that are too small for words have a label', () => {
    render(grid(views(400)));
    expect(screen.getByLabelText('service-7: Green', { selector: '[role="img"]' })).toBeInTheDocument();
  });

  it('are drawn only in sight when they scroll, and say how many there are', () => {
    render(grid(views(500), { width: 200, height: 100 }));
    expect(tiles().length).toBeLessThan(30);
    expect(namesInOrder()[0]).toBe('service-0');
    expect(tiles()[0]).toHaveAttribute('aria-setsize', '500');
    const scroller = screen.getByRole('group', { name: 'Services' });
    expect(scroller).toHaveAttribute('tabindex', '0');
    fireEvent.scroll(scroller, { target: { scrollTop: 6000 } });
    expect(namesInOrder()).not.toContain('service-0');
    const [first] = tiles();
    expect(first?.getAttribute('data-service')).toBe(`service-${Number(first?.getAttribute('aria-posinset')) - 1}`);
  });
});

describe('links', () => {
  it('are reached in order by keyboard; what has none is passed over', async () => {
    const user = userEvent.setup();
    render(grid([linkedView('billing'), view('auth'), linkedView('mail')]));
    await user.tab();
    expect(document.activeElement).toHaveAttribute('href', '/d/billing?row=0');
    expect(document.activeElement).toHaveAccessibleName(/^billing.*Green.*80/);
    await user.tab();
    expect(document.activeElement).toHaveAttribute('href', '/d/mail?row=0');
    await user.tab();
    expect(document.body).toHaveFocus();
  });

  it('are there for the smallest tiles too', () => {
    render(grid(Array.from({ length: 400 }, (_, i) => linkedView(`s${i}`))));
    expect(screen.getByLabelText(/^s399:/, { selector: 'a' })).toHaveAttribute('href', '/d/s399?row=0');
  });
});

describe('tooltip', () => {
  const breaker = { state: 'red', reasons: [{ id: 'breakers', text: 'A breaker is open' }] } as const;
  const pair = [view('auth', breaker), view('billing')];
  const tile = (name: string) => screen.getByText(name, { selector: 'li *' });

  it('says the facts of the tile under the pointer and goes with the pointer', async () => {
    const user = userEvent.setup();
    render(grid(pair));
    await user.hover(tile('auth'));
    expect(await screen.findByRole('tooltip')).toHaveTextContent('A breaker is open');
    await user.hover(tile('billing'));
    expect(screen.getByRole('tooltip')).toHaveTextContent('billing');
    await user.unhover(screen.getByRole('group', { name: 'Services' }));
    expect(screen.queryByRole('tooltip')).not.toBeInTheDocument();
  });

  it('says where a link leads', async () => {
    const user = userEvent.setup();
    render(grid([linkedView('billing'), view('auth')]));
    await user.hover(tile('billing'));
    expect(await screen.findByRole('tooltip')).toHaveTextContent('Leads to: d/billing');
    await user.hover(tile('auth'));
    expect(await screen.findByRole('tooltip')).not.toHaveTextContent('Leads to');
  });

  it('goes with its service and with the panel', async () => {
    const user = userEvent.setup();
    const { rerender, unmount } = render(grid(pair));
    await user.hover(tile('auth'));
    expect(await screen.findByRole('tooltip')).toHaveTextContent('auth');
    rerender(grid(pair.slice(1)));
    expect(screen.queryByRole('tooltip')).not.toBeInTheDocument();
    await user.hover(tile('billing'));
    expect(await screen.findByRole('tooltip')).toHaveTextContent('billing');
    unmount();
    expect(screen.queryByRole('tooltip')).not.toBeInTheDocument();
  });

  it('goes on Escape and is no tab stop', async () => {
    const user = userEvent.setup();
    render(grid(pair));
    await user.hover(tile('auth'));
    expect(await screen.findByRole('tooltip')).toBeInTheDocument();
    await user.tab();
    expect(document.body).toHaveFocus();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('tooltip')).not.toBeInTheDocument();
  });
});

describe('groups', () => {
  const services = [
    view('billing', { group: 'money', state: 'red', score: figure(12) }),
    view('search', { group: 'shop', state: 'yellow' }),
    view('invoices', { group: 'money' }),
    view('cron'),
  ];
  const groups = () => screen.getAllByTestId('cheer-group');

  it('take over the worst state and name their members in the tooltip', async () => {
    const user = userEvent.setup();
    render(grid(services, { groupBy: 'team' }));
    const facts = groups().map((group) => [group.getAttribute('data-group'), group.getAttribute('data-state')]);
    expect(facts).toEqual([
      ['money', 'red'],
      ['shop', 'yellow'],
      ['', 'green'],
    ]);
    expect(groups()[0]).toHaveTextContent('1 red of 2');
    expect(groups()[2]).toHaveTextContent('Other');
    await user.hover(screen.getByText('money'));
    const tip = await screen.findByRole('tooltip');
    expect(
      within(tip)
        .getAllByRole('listitem')
        .map((member) => member.textContent)
    ).toEqual(['billing12', 'invoicesGreen']);
  });

  it('open by keyboard and close again', async () => {
    const user = userEvent.setup();
    render(grid(services, { groupBy: 'team' }));
    await user.tab();
    expect(document.activeElement).toHaveAccessibleName(/^money Red/);
    await user.keyboard('{Enter}');
    expect(namesInOrder()).toEqual(['billing', 'invoices']);
    expect(document.activeElement).toHaveAccessibleName('Show all groups');
    await user.keyboard('{Enter}');
    expect(groups()).toHaveLength(3);
    expect(document.activeElement).toHaveAccessibleName(/^money Red/);
  });

  it('are left out when no service has the label', () => {
    render(grid(views(3), { groupBy: 'nothing' }));
    expect(tiles()).toHaveLength(3);
  });
});

describe('header', () => {
  it('counts the states of many services', () => {
    render(grid([view('billing', { state: 'red' }), ...views(20)]));
    const counts = within(screen.getByRole('list', { name: 'States' })).getAllByRole('listitem');
    expect(counts.map((count) => count.textContent)).toEqual(['1 red', '20 green']);
  });

  it('has the headline; without one, few services need none', () => {
    const { rerender } = render(grid(views(3), { headline: 'Production' }));
    expect(screen.getByText('Production')).toBeInTheDocument();
    rerender(grid(views(3)));
    expect(screen.queryByRole('list', { name: 'States' })).not.toBeInTheDocument();
  });
});
