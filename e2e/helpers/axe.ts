import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

// Without `define`: where a loader of AMD modules is, the page's own global would take it.
const source = `((define) => {${readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')}})()`;
const options = `{
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
}`;

/** What axe-core finds against WCAG 2.2 AA and good practice, a text each; only in elements of the selector, if given. */
export async function axeFindings(page: Page, within?: string): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(source);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, ${options})`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, failureSummary = '' }) =>
      [`${id}: ${help}: ${target.join(' ')}`, html.slice(0, 200), failureSummary].join('\n  '),
    ),
  );
}
