import React from 'react';
import { render, screen, within } from '@testing-library/react';
import { view } from '../model/testing/views';
import { FactsTable } from './FactsTable';
import { figure, modelOf, now } from './testing/views';

const full = view('orders', {
  group: 'shop',
  state: 'stale',
  lastState: 'red',
  since: now - 60_000,
  lastSeen: now - 30_000,
  score: figure(17),
  reasons: [
    { id: 'breakers', text: 'A breaker is open' },
    { id: 'latency', text: 'Too slow' },
  ],
  budgets: [
    { slo: 'delivery', remaining: figure(0.25, '25', {}, '%'), trend: 'critical' },
    { slo: 'latency', trend: 'none' },
  ],
  cheers: 1234.4,
  misses: 5,
});

const table = (name: string) => screen.getByRole('table', { name });
const cells = (row: HTMLElement) =>
  within(row)
    .getAllByRole('cell')
    .map((cell) => cell.textContent);

it('says all facts of a service', () => {
  render(<FactsTable model={modelOf(full)} timeZone="utc" />);
  const headers = within(table('Services')).getAllByRole('columnheader');
  expect(headers.map((header) => header.textContent)).toEqual([
    'Service',
    'State',
    'Group',
    'Since',
    'Was',
    'Score',
    'Reasons',
    'Error budgets',
    'Cheers',
    'Misses',
    'Newest data',
  ]);
  expect(cells(within(table('Services')).getByRole('row', { name: /orders/ }))).toEqual([
    'Stale',
    'shop',
    '2026-03-01 11:59:00',
    'Red',
    '17',
    'A breaker is open; Too slow',
    'delivery: 25% left, burning too fast; latency: no data',
    '1234',
    '5',
    '2026-03-01 11:59:30',
  ]);
});

it('leaves out what is known of no service', () => {
  render(<FactsTable model={modelOf(view('orders'))} />);
  const headers = within(table('Services')).getAllByRole('columnheader');
  expect(headers.map((header) => header.textContent)).toEqual(['Service', 'State']);
  expect(screen.queryByRole('table', { name: 'Latest events' })).not.toBeInTheDocument();
});

it('says all events and all problems', () => {
  const model = {
    ...modelOf(full),
    events: [
      { id: '1', time: now, kind: 'miss' as const, text: '3 misses: timeout', service: 'orders' },
      { id: '2', time: now - 1000, kind: 'release' as const, text: 'v1.2.3' },
    ],
    problems: [{ text: 'A series has no values', hint: 'Look at the query' }],
  };
  render(<FactsTable model={model} timeZone="utc" />);
  const rows = within(table('Latest events')).getAllByRole('row').slice(1);
  expect(rows.map(cells)).toEqual([
    ['2026-03-01 12:00:00', 'orders', '3 misses: timeout'],
    ['2026-03-01 11:59:59', '', 'v1.2.3'],
  ]);
  expect(screen.getByRole('list', { name: "Data that can't be shown" })).toHaveTextContent(
    'A series has no valuesLook at the query'
  );
});

it('bears two problems of the same words', () => {
  const logged = jest.spyOn(console, 'error').mockImplementation();
  const problem = { text: '/(/ is not a regular expression', hint: 'Correct it in the option Roles' };
  render(<FactsTable model={{ ...modelOf(full), problems: [problem, problem] }} />);
  expect(screen.getAllByText(problem.text)).toHaveLength(2);
  expect(logged).not.toHaveBeenCalled();
  logged.mockRestore();
});

it('names rows by service and can be scrolled by keyboard', () => {
  render(<FactsTable model={modelOf(full)} />);
  expect(screen.getByRole('rowheader', { name: 'orders' })).toBeInTheDocument();
  expect(screen.getByRole('region', { name: 'All facts as tables' })).toHaveAttribute('tabindex', '0');
});
