import React from 'react';
import { act, render, screen } from '@testing-library/react';
import { type CheerState } from '../types';
import { Celebration } from './Celebration';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function celebrate(...states: CheerState[]) {
  const [first = 'green', ...others] = states;
  const view = render(<Celebration serviceKey="orders" state={first} enabled />);
  const next = (state: CheerState, serviceKey = 'orders', enabled = true) =>
    view.rerender(<Celebration serviceKey={serviceKey} state={state} enabled={enabled} />);
  others.forEach((state) => next(state));
  return next;
}

it('waits for nothing before there is something to celebrate', () => {
  celebrate('green', 'red');
  expect(jest.getTimerCount()).toBe(0);
});

const burst = () => screen.queryByTestId('celebration');

it.each<CheerState[][]>([
  [['yellow', 'green']],
  [['red', 'green']],
  [['green', 'red', 'yellow', 'green']],
  [['red', 'warming', 'stale', 'green']],
])('celebrates after a bad time: %p', (states) => {
  celebrate(...states);
  expect(burst()).toBeInTheDocument();
});

it.each<CheerState[][]>([
  [['green']],
  [['green', 'green']],
  [['warming', 'green']],
  [['stale', 'green']],
  [['disabled', 'green']],
  [['green', 'red']],
])('does not without one: %p', (states) => {
  celebrate(...states);
  expect(burst()).not.toBeInTheDocument();
});

it('is over within 1.5 s and comes once for each bad time', () => {
  const next = celebrate('red', 'green');
  act(() => jest.advanceTimersByTime(1_500));
  expect(burst()).not.toBeInTheDocument();
  next('stale');
  next('green');
  expect(burst()).not.toBeInTheDocument();
  next('yellow');
  next('green');
  expect(burst()).toBeInTheDocument();
});

it('is over at once when it is bad again', () => {
  const next = celebrate('red', 'green');
  next('red');
  expect(burst()).not.toBeInTheDocument();
});

it('does not take another service for a better one', () => {
  celebrate('red')('green', 'payments');
  expect(burst()).not.toBeInTheDocument();
});

it('is off by option', () => {
  celebrate('red')('green', 'orders', false);
  expect(burst()).not.toBeInTheDocument();
});

it('is not shown to people who asked for less motion', () => {
  celebrate('red', 'green');
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const reduced = rules.filter((rule) => rule.cssText.includes('prefers-reduced-motion'));
  const hides = reduced.some(
    ({ cssText }) =>
      [...burst()!.classList].some((name) => cssText.includes(`.${name}`)) && /display: ?none/.test(cssText)
  );
  expect(hides).toBe(true);
});

it('leaves no timer behind', () => {
  const { unmount } = render(<Celebration serviceKey="orders" state="red" enabled />);
  unmount();
  expect(jest.getTimerCount()).toBe(0);
});
