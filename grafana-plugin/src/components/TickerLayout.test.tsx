import React from 'react';
import { render, screen, within } from '@testing-library/react';
import { type CheerEvent, type CheerMeterOptions, type ServiceView, defaultOptions } from '../types';
import { modelOf, figure, linked, now, second, service } from './testing/views';
import { TickerLayout } from './TickerLayout';

const event: CheerEvent = {
  id: '1',
  time: now - 600 * second,
  kind: 'state',
  state: 'green',
  text: 'Green, was warming',
  service: 'orders',
};
const history = { times: [now - 60 * second, now], values: [97, 54] };
const red = service({
  key: 'payments',
  name: 'payments',
  state: 'red',
  score: figure(12.4, '12.4', {}, ' %'),
  reasons: [
    { id: 'breakers', text: 'A breaker is open', since: now - 20 * second },
    { id: 'age', text: 'Events wait too long' },
  ],
  history,
});
const green = service({ events: [event], history });

interface Size {
  readonly width: number;
  readonly height: number;
}

function draw(
  services: ServiceView[],
  { width = 1200, height = 40, ...parts }: Partial<CheerMeterOptions & Size> = {}
) {
  const props = { options: { ...defaultOptions, ...parts }, width, height, now, timeZone: 'utc' };
  return render(<TickerLayout model={modelOf(...services)} {...props} />);
}

it('says state, score and the latest event in a line', () => {
  const { container } = draw([green]);
  const drawn = screen.getByTestId('cheer-service');
  expect(drawn).toHaveAttribute('data-state', 'green');
  expect(drawn).toHaveTextContent('ordersGreen97Green, was warming10 min ago');
  expect(screen.getByRole('meter', { name: 'Score of orders' })).toHaveAttribute('aria-valuetext', '97, Green');
  expect(screen.getByText('10 min ago')).toHaveAttribute('title', '2026-03-01 11:50:00');
  expect(container.querySelector('svg path[fill-opacity]')).toBeInTheDocument();
});

it('says why it is bad rather than what happened', () => {
  draw([{ ...red, events: [event] }]);
  expect(screen.getByText('A breaker is open, and 1 more')).toBeInTheDocument();
  expect(screen.getByText('for 20 s')).toBeInTheDocument();
  expect(screen.queryByText(/was warming/)).not.toBeInTheDocument();
});

it('says what happened when reasons are switched off, and nothing when events are too', () => {
  draw([{ ...red, events: [event] }], { showReasons: false }).unmount();
  draw([{ ...red, events: [event] }], { showReasons: false, showEvents: false });
  expect(screen.getByTestId('cheer-service')).toHaveTextContent(/^paymentsRed12.4 %$/);
});

it('says for how long data are missing', () => {
  draw([service({ state: 'stale', lastSeen: now - 180 * second, events: [event] })]);
  expect(screen.getByText('No new data for 3 min')).toBeInTheDocument();
  expect(screen.queryByText(/was warming/)).not.toBeInTheDocument();
});

it('shows the worst of several, and how many are how, worst first', () => {
  draw([green, red, service({ key: 'c', name: 'c' })]);
  expect(screen.getByTestId('cheer-service')).toHaveAttribute('data-service', 'payments');
  const counts = within(screen.getByRole('list', { name: 'Services by state' })).getAllByRole('listitem');
  expect(counts.map((count) => count.textContent)).toEqual(['1Red', '2Green']);
});

it('speaks of all together when all are well', () => {
  draw([green, service({ key: 'c', name: 'c', score: figure(41) })]);
  expect(screen.getByText('2 services')).toBeInTheDocument();
  expect(screen.getByText('orders: Green, was warming')).toBeInTheDocument();
  expect(screen.queryByRole('meter')).not.toBeInTheDocument();
  expect(screen.queryByRole('list')).not.toBeInTheDocument();
});

it('says the same in three short lines where it is narrow', () => {
  draw([red, green], { width: 200, height: 60 });
  expect(screen.getByTestId('cheer-service')).toHaveTextContent('paymentsRed12.4 %A breaker is open, and 1 more');
  expect(screen.queryByRole('list')).not.toBeInTheDocument();
});

it('says the least in two where it is low too, but why rather than what happened', () => {
  const { unmount } = draw([green], { width: 200, height: 40 });
  expect(screen.getByTestId('cheer-service')).toHaveTextContent(/^ordersGreen97$/);
  unmount();
  draw([red], { width: 200, height: 40 });
  expect(screen.getByTestId('cheer-service')).toHaveTextContent(/^paymentsRed12.4 %A breaker is open, and 1 more$/);
});

it('has a headline, links, and texts whole in their titles', () => {
  draw([service({ score: linked(97, ['runbook']), events: [event] })], { headline: 'Shop' });
  expect(screen.getByRole('link', { name: 'Shop: runbook' })).toBeInTheDocument();
  expect(screen.getByText('Shop')).toHaveAttribute('title', 'Shop');
  expect(screen.getByText('Green, was warming')).toHaveAttribute('dir', 'auto');
});

it('draws nothing of nothing', () => {
  expect(draw([]).container).toBeEmptyDOMElement();
});
