import React from 'react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { DataLinks, hasLinks } from './DataLinks';
import { figure, linked } from './testing/views';

describe('DataLinks', () => {
  it('adds nothing without a link', () => {
    const { container } = render(
      <DataLinks source={figure(1).source} label="orders">
        <b>97</b>
      </DataLinks>
    );
    expect(container.innerHTML).toBe('<b>97</b>');
  });

  it('keeps the box without a link when it has a class', () => {
    render(
      <DataLinks source={undefined} label="orders" className="box">
        97
      </DataLinks>
    );
    expect(screen.getByText('97')).toHaveClass('box');
    expect(screen.queryByRole('link')).not.toBeInTheDocument();
  });

  it('is a link for one, of the row that is shown', async () => {
    render(
      <DataLinks source={{ ...linked(1, ['runbook']).source, rowIndex: 7 }} label="orders">
        97
      </DataLinks>
    );
    const link = screen.getByRole('link', { name: 'orders: runbook' });
    expect(link).toHaveAttribute('href', '/runbook?row=7');
    // The browser's own tooltip would stand over the panel's.
    expect(link).not.toHaveAttribute('title');
    await userEvent.tab();
    expect(link).toHaveFocus();
  });

  it('has what is seen as its name without a label, and where it leads as its description', () => {
    render(<DataLinks source={linked(1, ['runbook']).source}>97</DataLinks>);
    expect(screen.getByRole('link', { name: '97' })).toHaveAttribute('aria-description', 'runbook');
  });

  it('opens another window without giving itself away', () => {
    const made = linked(1, ['runbook']);
    const { field } = made.source;
    field.getLinks = () => [{ title: 'runbook', href: 'https://example.com', target: '_blank', origin: field }];
    render(
      <DataLinks source={made.source} label="orders">
        97
      </DataLinks>
    );
    expect(screen.getByRole('link')).toHaveAttribute('rel', 'noreferrer');
  });

  it('calls what a link wants called', async () => {
    const made = linked(1, ['explore']);
    const { field } = made.source;
    const onClick = jest.fn((event: Event) => event.preventDefault());
    field.getLinks = () => [{ title: 'explore', href: '/explore', target: undefined, origin: field, onClick }];
    render(
      <DataLinks source={made.source} label="orders">
        97
      </DataLinks>
    );
    await userEvent.click(screen.getByRole('link'));
    expect(onClick).toHaveBeenCalledTimes(1);
  });

  it('is a menu for several, by keyboard too, and closes with Escape', async () => {
    render(
      <DataLinks source={linked(1, ['runbook', 'slo']).source} label="orders">
        97
      </DataLinks>
    );
    await userEvent.tab();
    expect(screen.getByRole('button', { name: 'orders: 2 links' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(screen.getByRole('menuitem', { name: 'slo' })).toHaveAttribute('href', '/slo?row=0');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('menuitem')).not.toBeInTheDocument();
  });

  it('takes its menu along when it goes', async () => {
    const { unmount } = render(
      <DataLinks source={linked(1, ['runbook', 'slo']).source} label="orders">
        97
      </DataLinks>
    );
    await userEvent.click(screen.getByRole('button'));
    unmount();
    expect(document.body).not.toHaveTextContent('runbook');
  });
});

describe('hasLinks', () => {
  it('says so without making them', () => {
    const made = linked(1, ['runbook']);
    const getLinks = jest.spyOn(made.source.field, 'getLinks');
    expect(hasLinks(made.source)).toBe(true);
    expect(getLinks).not.toHaveBeenCalled();
    expect(hasLinks(figure(1).source)).toBe(false);
    expect(hasLinks(undefined)).toBe(false);
  });
});
