import React from 'react';
import { render, screen } from '@testing-library/react';
import { type CheerState, statesWorstFirst } from '../types';
import { Arc } from './Arc';
import { figure } from './testing/views';

const steps = () => Number(screen.getByTestId('arc').getAttribute('stroke-dasharray')!.split(' ')[0]);

it('is a meter that says its score and its state', () => {
  render(<Arc state="yellow" score={figure(54.3, '54.3', {}, ' %')} name="orders" size={200} />);
  const meter = screen.getByRole('meter', { name: 'Score of orders' });
  expect(meter).toHaveAttribute('aria-valuemin', '0');
  expect(meter).toHaveAttribute('aria-valuemax', '100');
  expect(meter).toHaveAttribute('aria-valuenow', '54.3');
  expect(meter).toHaveAttribute('aria-valuetext', '54.3 %, Yellow');
  expect(meter).toHaveTextContent('54.3 %');
});

it('is no meter without a score, and shows the state alone', () => {
  const { container } = render(<Arc state="red" name="orders" size={200} />);
  expect(screen.queryByRole('meter')).not.toBeInTheDocument();
  expect(container.querySelector('[data-glyph="red"]')).toHaveAttribute('width', '80');
  expect(steps()).toBeCloseTo(100);
});

it.each<CheerState>(['stale', 'unknown', 'disabled'])('fills nothing for %s without a score', (state) => {
  render(<Arc state={state} name="orders" size={200} />);
  expect(screen.queryByTestId('arc')).not.toBeInTheDocument();
});

it('is filled as far as the score', () => {
  const { rerender } = render(<Arc state="green" score={figure(62.5)} name="orders" size={200} />);
  expect(steps()).toBe(62.5);
  rerender(<Arc state="green" score={figure(0)} name="orders" size={200} />);
  expect(screen.queryByTestId('arc')).not.toBeInTheDocument();
});

it.each<CheerState>(['yellow', 'red'])('is filled to within a quarter of a piece when it is cut: %s', (state) => {
  const { rerender } = render(<Arc state={state} score={figure(1)} name="orders" size={200} />);
  for (let score = 1; score <= 100; score++) {
    rerender(<Arc state={state} score={figure(score)} name="orders" size={200} />);
    expect(Math.abs(steps() - score)).toBeLessThan(2.5);
  }
  expect(steps()).toBeCloseTo(100);
});

it.each([
  [50.9, 50.375],
  [53, 53],
  [55, 55.922],
])('has no slivers of one colour at the end of %d', (score, end) => {
  render(<Arc state="yellow" score={figure(score)} name="orders" size={200} />);
  expect(steps()).toBeCloseTo(end, 2);
});

it('is cut differently for each way to be well or not', () => {
  const cuts = statesWorstFirst.map((state) => {
    const { container, unmount } = render(<Arc state={state} score={figure(50)} name="orders" size={200} />);
    const cut = container.querySelector('mask path')?.getAttribute('stroke-dasharray') ?? 'whole';
    unmount();
    return [state, cut];
  });
  const cutOf = Object.fromEntries(cuts);
  expect(cutOf.green).toBe('whole');
  expect(new Set([cutOf.green, cutOf.yellow, cutOf.red, cutOf.stale]).size).toBe(4);
});

it('takes the colour that the field asks for, but not for stale data', () => {
  const score = figure(50, '50', { color: { mode: 'fixed', fixedColor: '#123456' } });
  const colored = { ...score, display: { ...score.display, color: '#123456' } };
  const { rerender } = render(<Arc state="green" score={colored} name="orders" size={200} />);
  expect(screen.getByTestId('arc')).toHaveAttribute('stroke', '#123456');
  rerender(<Arc state="stale" score={colored} name="orders" size={200} />);
  expect(screen.getByTestId('arc')).not.toHaveAttribute('stroke', '#123456');
});

it('keeps long figures within the ring and long units below them', () => {
  const { container } = render(
    <Arc state="green" score={figure(50, '1,234,567.89', {}, ' req/s')} name="orders" size={200} />
  );
  const [line] = container.querySelectorAll('text > tspan');
  expect(Number(line!.getAttribute('font-size')) * 0.6 * '1,234,567.89'.length).toBeLessThan(200 * 0.661);
  expect(line).not.toHaveTextContent('req/s');
  expect(screen.getByText('req/s')).toBeInTheDocument();
});

it.each([3, 40, 54, 99, 100])('ends between two dots when its data are stale: %d', (score) => {
  render(<Arc state="stale" score={figure(score)} name="orders" size={200} />);
  // The ring's radius is 90.5, its length 426.5, its round end 8.5.
  const end = steps() + 8.5 / 4.265;
  const dots = end / 2.5 - 0.5;
  expect(Math.abs(dots - Math.round(dots))).toBeLessThan(0.02);
  expect(Math.abs(end - score)).toBeLessThan(3);
});
