import React from 'react';
import { render, screen, within } from '@testing-library/react';
import { type CheerEvent, type CheerMeterOptions, type ServiceView, statesWorstFirst, defaultOptions } from '../types';
import { stateWord } from '../model/states';
import { MeterLayout } from './MeterLayout';
import { figure, linked, modelOf, now, second, service } from './testing/views';

const events: CheerEvent[] = [
  { id: '1', time: now - 20 * second, kind: 'state', state: 'yellow', text: 'Yellow, was green', service: 'orders' },
];
const full = service({
  state: 'yellow',
  score: figure(54),
  since: now - 20 * second,
  reasons: [{ id: 'breakers', text: 'A breaker is open' }],
  budgets: [
    { slo: 'delivery', remaining: figure(0.42, '42', {}, ' %'), trend: 'critical' },
    { slo: 'ingest-latency', trend: 'none' },
  ],
  events,
  history: { times: [now - 60 * second, now], values: [97, 54] },
  cheers: 16_586,
  misses: 4,
});

function draw(view: ServiceView, { width = 800, height = 600, ...parts }: Partial<CheerMeterOptions & Size> = {}) {
  const props = { options: { ...defaultOptions, ...parts }, width, height, now, timeZone: 'utc' };
  return render(<MeterLayout model={modelOf(view)} {...props} />);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

it('draws all of a service', () => {
  const { container } = draw(full);
  const drawn = screen.getByTestId('cheer-service');
  expect(drawn).toHaveAttribute('data-service', 'orders');
  expect(drawn).toHaveAttribute('data-state', 'yellow');
  expect(screen.getByRole('region', { name: 'orders' })).toBe(drawn);
  expect(screen.getByRole('meter', { name: 'Score of orders' })).toHaveAttribute('aria-valuenow', '54');
  expect(screen.getByText('Yellow')).toBeInTheDocument();
  expect(screen.getByText('for 20 s')).toBeInTheDocument();
  expect(screen.getByText('16,586 cheers, 4 misses')).toBeInTheDocument();
  expect(within(screen.getByRole('list', { name: 'Reasons' })).getByText('A breaker is open')).toBeInTheDocument();
  expect(screen.getByRole('meter', { name: 'Error budget: delivery' })).toBeInTheDocument();
  expect(screen.getByText('no data')).toBeInTheDocument();
  expect(within(screen.getByRole('list', { name: 'Latest events' })).getAllByRole('listitem')).toHaveLength(1);
  expect(container.querySelectorAll('svg path[fill-opacity]')).toHaveLength(1);
});

it('leaves out what the options say', () => {
  const { container } = draw(full, { showBudget: false, showEvents: false, showReasons: false, showSparkline: false });
  expect(screen.queryByRole('list')).not.toBeInTheDocument();
  expect(screen.queryByText('delivery')).not.toBeInTheDocument();
  expect(container.querySelector('svg path[fill-opacity]')).toBeNull();
});

it.each(statesWorstFirst)('says %s by word and by shape', (state) => {
  const { container } = draw(service({ state }), { width: 300, height: 200 });
  expect(screen.getByText(stateWord(state))).toBeInTheDocument();
  expect(container.querySelector(`[data-glyph="${state}"]`)).toBeInTheDocument();
});

it.each([
  [300, 200],
  [800, 250],
  [240, 400],
  [100, 60],
])('takes just its room: %d x %d', (width, height) => {
  draw(full, { width, height });
  expect(screen.getByTestId('cheer-service')).toHaveStyle({ width: `${width}px`, height: `${height}px` });
  expect(screen.getByText('Yellow')).toBeInTheDocument();
});

it('draws the worst of several', () => {
  const red = service({ key: 'payments', name: 'payments', state: 'red' });
  render(<MeterLayout model={modelOf(full, red)} options={defaultOptions} width={300} height={200} now={now} />);
  expect(screen.getByTestId('cheer-service')).toHaveAttribute('data-service', 'payments');
});

it('draws nothing of nothing', () => {
  const { container } = render(
    <MeterLayout model={modelOf()} options={defaultOptions} width={300} height={200} now={now} />
  );
  expect(container).toBeEmptyDOMElement();
});

it('has the headline instead of the name', () => {
  draw(full, { headline: 'Orders in the shop' });
  expect(screen.getByText('Orders in the shop')).toBeInTheDocument();
  expect(screen.queryByText('orders')).not.toBeInTheDocument();
});

it('cuts a long name and has it whole in the title', () => {
  const name = 'a-service-with-a-name-that-goes-on-and-on.production.eu-west-1';
  draw(service({ name }), { width: 300, height: 200 });
  expect(screen.getByText(name)).toHaveAttribute('title', name);
  expect(screen.getByText(name)).toHaveAttribute('dir', 'auto');
});

it('links the name to where its score leads', () => {
  draw(service({ score: linked(97, ['runbook']) }));
  expect(screen.getByRole('link', { name: 'orders: runbook' })).toHaveAttribute('href', '/runbook?row=0');
});

it('celebrates when it is green again, unless that is switched off', () => {
  const props = { width: 300, height: 200, now };
  const green = modelOf(service());
  const view = render(<MeterLayout model={modelOf(full)} options={defaultOptions} {...props} />);
  view.rerender(<MeterLayout model={green} options={defaultOptions} {...props} />);
  expect(screen.getByTestId('celebration')).toBeInTheDocument();
  view.rerender(<MeterLayout model={green} options={{ ...defaultOptions, celebrate: false }} {...props} />);
  expect(screen.queryByTestId('celebration')).not.toBeInTheDocument();
});
