import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { eventJson } from '@selfcheer/cheer-kit';
import { families } from '../src/conform/contract';

/** What docs/incident-review.md tells to type is what there is. */
const page = readFileSync(join(__dirname, '../../docs/incident-review.md'), 'utf8');
const queries = [...page.matchAll(/'((?:max|sum|group|ALERTS)[^']*)'/g)].map(([, query = '']) => query);

test('the timeline takes members that events have', () => {
  const [, filter = ''] = /jq -r '([^']*)'/.exec(page) ?? [];
  const event = eventJson({ sequence: 1, at: 0, kind: 'miss', title: 't', detail: 'd' });
  const members = [...filter.matchAll(/\.(\w+)/g)].map(([, member = '']) => member);
  expect(members).toEqual(expect.arrayContaining(['events', 'at', 'kind', 'state', 'title', 'detail']));
  expect(members.filter((member) => member !== 'events' && !(member in event))).toEqual([]);
});

test.each(queries)('Prometheus can be asked: %s', (query) => {
  let wrong = 0;
  parser.parse(query).iterate({ enter: ({ type }) => void (wrong += type.isError ? 1 : 0) });
  expect(wrong).toBe(0);
  const [, metric = '', selector = ''] = /(\w+)\{([^}]*)\}/.exec(query) ?? [];
  const family = families.find(({ name }) => name === metric);
  expect([metric, family === undefined]).toEqual([metric, metric === 'ALERTS']);
  const own = ['service', ...(family ? Object.keys(family.labels) : ['alertstate'])];
  const asked = [...selector.matchAll(/(\w+)=/g)].map(([, label = '']) => label);
  const [, grouping = ''] = /by \(([^)]*)\)/.exec(query) ?? [];
  const used = [...asked, ...grouping.split(', ').filter((label) => label !== '')];
  expect(used.filter((label) => !own.includes(label))).toEqual([]);
});

test('it asks for all that a timeline is made of', () => {
  expect(queries).toHaveLength(7);
});
