import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationMarkdown } from './docs';
import { configKeys } from './keys';

test('docs/configuration.md is up to date: run `npm run generate`', () => {
  const file = join(__dirname, '../../../docs/configuration.md');
  expect(readFileSync(file, 'utf8')).toBe(configurationMarkdown());
});

test('names every key and variable', () => {
  const text = configurationMarkdown();
  for (const key of configKeys()) expect(text).toContain(`| \`${key.name}\``);
  for (const key of configKeys()) expect(text).toContain(`\`${key.env}\``);
});
