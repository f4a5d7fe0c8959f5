import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { families } from './contract';
import { allChecks } from './run';

const docs = (name: string): string => readFileSync(join(__dirname, '../../../docs', name), 'utf8');

describe('the documentation', () => {
  it('tells every check, in their order', () => {
    const told = [...docs('conform.md').matchAll(/^\| `([a-z-]+)` /gm)].map(([, id]) => id);
    expect(told).toEqual(allChecks.map(({ id }) => id));
  });

  it('tells every metric that is checked', () => {
    const page = docs('metrics.md');
    expect(families.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
