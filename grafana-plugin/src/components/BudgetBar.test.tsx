import React from 'react';
import { render, screen } from '@testing-library/react';
import { createTheme } from '@grafana/data';
import { type Trend } from '../types';
import { BudgetBar } from './BudgetBar';
import { stateColor } from './looks';
import { figure } from './testing/views';

const theme = createTheme();
const left = (value: number) => figure(value, `${value * 100}`, {}, ' %');

it('is a meter of what is left and of where it goes', () => {
  render(<BudgetBar budget={{ slo: 'delivery', remaining: left(0.42), trend: 'increasing' }} fontSize={12} />);
  const meter = screen.getByRole('meter', { name: 'Error budget: delivery' });
  expect(meter).toHaveAttribute('aria-valuenow', '0.42');
  expect(meter).toHaveAttribute('aria-valuemax', '1');
  expect(meter).toHaveAttribute('aria-valuetext', '42 % left, burning faster');
  expect(meter.firstChild).toHaveStyle({ width: '42%' });
  expect(screen.getByText('delivery')).toHaveAttribute('title', 'delivery');
});

it('may stand in a button', () => {
  const { container } = render(
    <BudgetBar budget={{ slo: 'delivery', remaining: left(1), trend: 'none' }} fontSize={12} />
  );
  expect(container.querySelectorAll('div div, span div')).toHaveLength(0);
});

it.each([
  [1, 'green'],
  [0.1, 'green'],
  [0.099, 'yellow'],
  [0, 'red'],
] as const)('of %d left is %s', (value, state) => {
  render(<BudgetBar budget={{ slo: 'delivery', remaining: left(value), trend: 'none' }} fontSize={12} />);
  expect(screen.getByRole('meter').firstChild).toHaveStyle({ backgroundColor: stateColor(theme, state) });
});

it('is neither good nor bad without data', () => {
  render(<BudgetBar budget={{ slo: 'delivery', trend: 'none' }} fontSize={12} />);
  expect(screen.getByText('no data')).toBeInTheDocument();
  expect(screen.queryByRole('meter')).not.toBeInTheDocument();
});

it.each<[Trend, string]>([
  ['acceptable', 'burning slowly enough'],
  ['increasing', 'burning faster'],
  ['critical', 'burning too fast'],
  ['recovering', 'recovering'],
])('marks that it is %s', (trend, words) => {
  render(<BudgetBar budget={{ slo: 'delivery', remaining: left(1), trend }} fontSize={12} />);
  expect(screen.getByTitle(words)).toHaveAttribute('data-trend', trend);
});

it('marks nothing without a trend', () => {
  const { container } = render(
    <BudgetBar budget={{ slo: 'delivery', remaining: left(1), trend: 'none' }} fontSize={12} />
  );
  expect(container.querySelector('[data-trend]')).toBeNull();
});

it('takes the colour that the field asks for', () => {
  const made = figure(0.5, '50', { color: { mode: 'fixed' } });
  const remaining = { ...made, display: { ...made.display, color: '#123456' } };
  render(<BudgetBar budget={{ slo: 'delivery', remaining, trend: 'none' }} fontSize={12} />);
  expect(screen.getByRole('meter').firstChild).toHaveStyle({ backgroundColor: '#123456' });
});
