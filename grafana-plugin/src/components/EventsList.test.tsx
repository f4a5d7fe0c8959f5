import React from 'react';
import { render, screen, within } from '@testing-library/react';
import { type CheerEvent } from '../types';
import { EventsList } from './EventsList';
import { linked, now, second } from './testing/views';

const events: CheerEvent[] = [
  { id: '1', time: now - 20 * second, kind: 'state', state: 'yellow', text: 'Yellow, was green', service: 'orders' },
  { id: '2', time: now - 70 * second, kind: 'miss', text: '3 misses: timeout', service: 'orders' },
  { id: '3', time: now - 4_000 * second, kind: 'release', text: 'Release 0.2.0' },
];

it('is a real list, newest first, with shapes, ages and full times', () => {
  render(<EventsList events={events} rows={5} fontSize={12} now={now} timeZone="utc" />);
  const items = within(screen.getByRole('list', { name: 'Latest events' })).getAllByRole('listitem');
  expect(items.map((item) => item.textContent)).toEqual([
    'Yellow, was green20 s ago',
    '3 misses: timeout1 min ago',
    'Release 0.2.01 h ago',
  ]);
  expect(items[0]!.querySelector('[data-glyph="yellow"]')).toBeInTheDocument();
  const time = screen.getByText('20 s ago');
  expect(time).toHaveAttribute('datetime', '2026-03-01T11:59:40.000Z');
  expect(time).toHaveAttribute('title', '2026-03-01 11:59:40');
});

it('draws no more than it has rows', () => {
  const { rerender } = render(<EventsList events={events} rows={2} fontSize={12} now={now} />);
  expect(screen.getAllByRole('listitem')).toHaveLength(2);
  rerender(<EventsList events={events} rows={-1} fontSize={12} now={now} />);
  expect(screen.queryAllByRole('listitem')).toHaveLength(0);
});

it('takes texts as texts, from either side, and says them whole in the title', () => {
  const text = '<img src=x onerror=alert(1)> أصفر';
  const { container } = render(<EventsList events={[{ ...events[2]!, text }]} rows={1} fontSize={12} now={now} />);
  expect(container.querySelector('img')).toBeNull();
  expect(screen.getByText(text)).toHaveAttribute('dir', 'auto');
  expect(screen.getByText(text)).toHaveAttribute('title', text);
});

it('links to where an event comes from', () => {
  const event = { ...events[0]!, source: linked(1, ['trace']).source };
  render(<EventsList events={[event]} rows={1} fontSize={12} now={now} />);
  expect(screen.getByRole('link', { name: 'Yellow, was green: trace' })).toBeInTheDocument();
});

it('bears a time that is none', () => {
  render(<EventsList events={[{ ...events[0]!, time: NaN }]} rows={1} fontSize={12} now={now} />);
  expect(screen.getByRole('listitem')).toHaveTextContent('Yellow, was green');
});
