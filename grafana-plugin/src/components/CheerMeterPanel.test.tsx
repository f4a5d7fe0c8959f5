import React from 'react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  applyFieldOverrides,
  createTheme,
  type DataFrame,
  dateTime,
  EventBusSrv,
  FieldType,
  LoadingState,
  type PanelData,
  type PanelProps,
  toDataFrame,
} from '@grafana/data';
import { ModelBuilder } from '../model/build-model';
import { type CheerMeterOptions, defaultOptions } from '../types';
import { CheerMeterPanel } from './CheerMeterPanel';
import { now } from './testing/views';

const minute = 60_000;
const from = now - 60 * minute;

/** As Grafana hands them to a panel. */
function prepared(frames: Array<Parameters<typeof toDataFrame>[0]>): DataFrame[] {
  return applyFieldOverrides({
    data: frames.map(toDataFrame),
    fieldConfig: { defaults: {}, overrides: [] },
    replaceVariables: (text) => text,
    theme: createTheme(),
    timeZone: 'utc',
  });
}

function scores(values: Readonly<Record<string, number>>): DataFrame[] {
  const times = Array.from({ length: 60 }, (_, i) => from + (i + 1) * minute);
  return prepared(
    Object.entries(values).map(([service, value]) => ({
      refId: 'A',
      fields: [
        { name: 'Time', type: FieldType.time, values: times, config: { interval: minute } },
        {
          name: 'Value',
          type: FieldType.number,
          values: times.map(() => value),
          labels: { __name__: 'cheer_score', service },
        },
      ],
    }))
  );
}

function answer(series: DataFrame[], facts: Partial<PanelData> = {}): PanelData {
  const [start, end] = [dateTime(from), dateTime(now)];
  const timeRange = { from: start, to: end, raw: { from: start, to: end } };
  return { state: LoadingState.Done, series, timeRange, ...facts };
}

function panel(data: PanelData, facts: Partial<PanelProps<CheerMeterOptions>> = {}) {
  return (
    <CheerMeterPanel
      id={1}
      title="Cheer"
      data={data}
      timeRange={data.timeRange}
      timeZone="utc"
      options={defaultOptions}
      transparent={false}
      width={800}
      height={600}
      fieldConfig={{ defaults: {}, overrides: [] }}
      renderCounter={0}
      eventBus={new EventBusSrv()}
      onOptionsChange={() => undefined}
      onFieldConfigChange={() => undefined}
      onChangeTimeRange={() => undefined}
      replaceVariables={(text) => text.replace('$env', 'production')}
      {...facts}
    />
  );
}

const root = () => screen.getByTestId('cheer-meter');
const status = () => root().getAttribute('data-status');
const layout = () => root().getAttribute('data-layout');
const services = () => screen.getAllByTestId('cheer-service').map((element) => element.getAttribute('data-service'));

describe('layout', () => {
  it.each([
    [{ orders: 95 }, 800, 600, 'meter'],
    [{ orders: 95, mail: 20 }, 800, 600, 'grid'],
    [{ orders: 95, mail: 20 }, 800, 60, 'ticker'],
  ] as const)('for %j in %d x %d is %s', (values, width, height, expected) => {
    render(panel(answer(scores(values)), { width, height }));
    expect(status()).toBe('ok');
    expect(layout()).toBe(expected);
    expect(root()).toHaveStyle({ width: `${width}px`, height: `${height}px` });
  });

  it('is the one that was asked for', () => {
    render(panel(answer(scores({ orders: 95 })), { options: { ...defaultOptions, layout: 'grid' } }));
    expect(layout()).toBe('grid');
  });

  it('has variables replaced in its headline', () => {
    const options = { ...defaultOptions, headline: 'All of $env' };
    render(panel(answer(scores({ orders: 95 })), { options }));
    expect(screen.getByText('All of production')).toBeInTheDocument();
  });
});

describe('model', () => {
  it('is made once for the same data and options, whatever the size', () => {
    const built = jest.spyOn(ModelBuilder.prototype, 'build');
    const data = answer(scores({ orders: 95, mail: 20 }));
    const { rerender } = render(panel(data));
    for (const width of [500, 300, 200]) {
      rerender(panel(data, { width, height: width / 3 }));
    }
    // A container of the same series, such as Grafana makes for each state of a query.
    rerender(panel({ ...data }));
    expect(built).toHaveBeenCalledTimes(1);
    rerender(panel(data, { options: { ...defaultOptions, sortBy: 'name' } }));
    expect(built).toHaveBeenCalledTimes(2);
    rerender(panel(answer(scores({ orders: 94 })), { options: { ...defaultOptions, sortBy: 'name' } }));
    expect(built).toHaveBeenCalledTimes(3);
    built.mockRestore();
  });

  it('takes a range that ends in the future to end now', () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
    const end = dateTime(now + 12 * 60 * minute);
    const timeRange = { from: dateTime(from), to: end, raw: { from: 'now/d', to: 'now/d' } };
    render(panel({ ...answer(scores({ orders: 95 })), timeRange }));
    expect(screen.getByTestId('cheer-service')).toHaveAttribute('data-state', 'green');
    clock.mockRestore();
  });
});

describe('while loading', () => {
  it('waits for the first data', () => {
    render(panel(answer([], { state: LoadingState.Loading })));
    expect(status()).toBe('loading');
    expect(screen.getByText('Waiting for data')).toBeInTheDocument();
  });

  it('shows what there is of the first data', () => {
    render(panel(answer(scores({ orders: 95, mail: 20 }), { state: LoadingState.Loading })));
    expect(services()).toHaveLength(2);
  });

  it('keeps the last picture until the whole answer is there', () => {
    const { rerender } = render(panel(answer(scores({ orders: 95, mail: 20 }))));
    rerender(panel(answer([], { state: LoadingState.Loading })));
    expect(services().sort()).toEqual(['mail', 'orders']);
    rerender(panel(answer(scores({ orders: 10 }), { state: LoadingState.Loading })));
    expect(services().sort()).toEqual(['mail', 'orders']);
    rerender(panel(answer(scores({ auth: 10, search: 95 }))));
    expect(services()).toEqual(['auth', 'search']);
  });

  it('draws a stream at once', () => {
    const { rerender } = render(panel(answer(scores({ orders: 95, mail: 20 }))));
    rerender(panel(answer(scores({ auth: 95, search: 20 }), { state: LoadingState.Streaming })));
    expect(services()).toEqual(['search', 'auth']);
  });
});

describe('without a picture', () => {
  it('says that there are no data', () => {
    render(panel(answer([])));
    expect(status()).toBe('empty');
    expect(screen.getByText('No data')).toBeInTheDocument();
    expect(screen.getByText('The query found no values in this time range')).toBeInTheDocument();
  });

  it('says it as the field configuration wants it', () => {
    render(panel(answer([]), { fieldConfig: { defaults: { noValue: 'All quiet' }, overrides: [] } }));
    expect(screen.getByText('All quiet')).toBeInTheDocument();
  });

  it('says what is missing in data that fit no role, and what to do', () => {
    const fields = [{ name: 'city', type: FieldType.string, values: ['Rome'] }];
    render(panel(answer(prepared([{ fields }]))));
    expect(status()).toBe('unusable');
    expect(screen.getByTestId('cheer-message')).toHaveTextContent('city');
    expect(screen.getByTestId('cheer-message')).toHaveTextContent('Roles');
  });

  it.each([
    ['errors', { errors: [{ message: 'bad_data: parse error' }] }],
    ['error', { error: { data: { message: 'bad_data: parse error' } } }],
  ])('says in an alert what went wrong, from %s', (_, facts) => {
    const { rerender } = render(panel(answer(scores({ orders: 95 }))));
    rerender(panel(answer([], { state: LoadingState.Error, ...facts })));
    expect(status()).toBe('error');
    expect(screen.getByRole('alert')).toHaveTextContent('bad_data: parse error');
  });

  it('draws what the other queries gave when one failed', () => {
    const errors = [{ message: 'timeout' }];
    render(panel(answer(scores({ orders: 95 }), { state: LoadingState.Error, errors })));
    expect(status()).toBe('ok');
    expect(services()).toEqual(['orders']);
  });

  it('has only a title where there is no room for more', () => {
    render(panel(answer([], { state: LoadingState.Error, errors: [{ message: 'timeout' }] }), { height: 60 }));
    expect(screen.getByRole('alert')).not.toHaveTextContent('timeout');
    expect(screen.getByTitle(/timeout/)).toBeInTheDocument();
  });
});

describe('problems of the data', () => {
  const words = '/(/ is not a regular expression';
  const mapped = (layout: 'auto' | 'ticker', count = 1) => ({
    options: { ...defaultOptions, layout, mappings: Array(count).fill({ role: 'score', name: '/(/' } as const) },
  });
  const data = () => answer(scores({ orders: 95 }));
  const mark = () => screen.queryByRole('button', { name: /regular expression|problems/ });

  it('are told below the picture, which leaves room for it, and lead to the table', async () => {
    const user = userEvent.setup();
    render(panel(data(), mapped('auto')));
    expect(mark()).toHaveTextContent(words);
    expect(screen.getByTestId('cheer-service')).toHaveStyle({ width: '800px', height: '576px' });
    await user.click(mark()!);
    expect(screen.getByRole('list', { name: "Data that can't be shown" })).toHaveTextContent(words);
    expect(mark()).not.toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Show as picture' })).toHaveFocus();
  });

  it('are a mark behind a line', async () => {
    const user = userEvent.setup();
    render(panel(data(), { ...mapped('ticker', 2), width: 500, height: 40 }));
    expect(mark()).toHaveAccessibleName('2 problems with the data');
    expect(mark()).not.toHaveTextContent('problems');
    expect(screen.getByTestId('cheer-service')).toHaveStyle({ width: '476px', height: '40px' });
    await user.hover(mark()!);
    expect(await screen.findByRole('tooltip')).toHaveTextContent(`${words}. Correct it in the option Roles.`);
  });

  it('have no mark where there is no room, nor where there are none', () => {
    const { rerender } = render(panel(data(), { ...mapped('auto'), height: 120 }));
    expect(mark()).not.toBeInTheDocument();
    rerender(panel(data(), { ...mapped('ticker'), width: 200, height: 40 }));
    expect(mark()).not.toBeInTheDocument();
    rerender(panel(data()));
    expect(mark()).not.toBeInTheDocument();
    expect(screen.getByTestId('cheer-service')).toHaveStyle({ height: '600px' });
  });
});

describe('for everyone', () => {
  it('has a table of the same facts as the first stop of the keyboard', async () => {
    const user = userEvent.setup();
    render(panel(answer(scores({ orders: 95, mail: 20 }))));
    await user.tab();
    expect(screen.getByRole('button', { name: 'Show as table' })).toHaveFocus();
    await user.keyboard('{Enter}');
    expect(screen.getByRole('table', { name: 'Services' })).toBeInTheDocument();
    expect(screen.queryByTestId('cheer-service')).not.toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Show as picture' })).toHaveFocus();
    await user.keyboard('{Enter}');
    expect(services()).toHaveLength(2);
  });

  it('speaks a change of state, not what it starts with', () => {
    const { rerender } = render(panel(answer([], { state: LoadingState.Loading })));
    rerender(panel(answer(scores({ orders: 95 }))));
    expect(screen.getByTestId('cheer-announcer')).toBeEmptyDOMElement();
    rerender(panel(answer(scores({ orders: 10 }))));
    expect(screen.getByTestId('cheer-announcer')).toHaveTextContent(/^orders: Red, was Green\./);
  });
});
