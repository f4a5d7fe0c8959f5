import React from 'react';
import { render } from '@testing-library/react';
import { type CheerEvent, statesWorstFirst } from '../types';
import { EventGlyph } from './EventGlyph';
import { StateGlyph } from './StateGlyph';
import { now } from './testing/views';

function drawn(element: React.ReactElement) {
  const { container } = render(element);
  const svg = container.querySelector('svg');
  expect(svg).toHaveAttribute('aria-hidden', 'true');
  expect(svg).toHaveAttribute('width', '20');
  return [...container.querySelectorAll('path, circle')].map((shape) => shape.outerHTML.replace(/#[0-9a-f]{6}/g, ''));
}

it('has a shape for each state, whatever its colour', () => {
  const shapes = statesWorstFirst.map((state) => drawn(<StateGlyph state={state} size={20} />).join());
  expect(new Set(shapes).size).toBe(statesWorstFirst.length);
});

it('has a shape for each kind of event, and that of the state for a change of it', () => {
  const event: CheerEvent = { id: '1', time: now, kind: 'other', text: '' };
  const kinds = ['cheer', 'miss', 'release', 'flag', 'other'] as const;
  const shapes = kinds.map((kind) => drawn(<EventGlyph event={{ ...event, kind }} size={20} />).join());
  expect(new Set(shapes).size).toBe(kinds.length);
  const change = { ...event, kind: 'state', state: 'red' } as const;
  expect(drawn(<EventGlyph event={change} size={20} />)).toEqual(drawn(<StateGlyph state="red" size={20} />));
  expect(drawn(<EventGlyph event={{ ...event, kind: 'state' }} size={20} />)).toEqual(
    drawn(<StateGlyph state="unknown" size={20} />)
  );
});
