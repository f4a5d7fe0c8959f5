import React from 'react';
import { render, screen } from '@testing-library/react';
import { view } from '../model/testing/views';
import { Announcer } from './Announcer';

const green = () => [view('orders')];
const red = () => [view('orders', { state: 'red' })];

it('does not speak what is there at first', () => {
  render(<Announcer services={red()} />);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
});

it('speaks a change once', () => {
  const { rerender } = render(<Announcer services={green()} />);
  const region = screen.getByRole('status');
  const spoken: string[] = [];
  const observer = new MutationObserver(() => spoken.push(region.textContent ?? ''));
  observer.observe(region, { childList: true, characterData: true, subtree: true });
  const update = (services: ReturnType<typeof green>) => {
    rerender(<Announcer services={services} />);
    // Its callback runs after this task: these are what it would be given.
    if (observer.takeRecords().length > 0) {
      spoken.push(region.textContent ?? '');
    }
  };
  [green(), red(), red(), red(), green(), red()].forEach(update);
  expect(spoken).toEqual(['orders: Red, was Green.', 'orders: Green, was Red.', 'orders: Red, was Green.']);
});

it('is polite and stays in the page, so that screen readers watch it', () => {
  const { rerender } = render(<Announcer services={[]} />);
  const region = screen.getByRole('status');
  expect(region).toHaveAttribute('aria-live', 'polite');
  rerender(<Announcer services={red()} />);
  expect(screen.getByRole('status')).toBe(region);
  expect(region).toBeEmptyDOMElement();
});
