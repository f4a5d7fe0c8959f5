/**
 * npm run panel:gallery [-- --board medium --theme light --grafana 12] [-- --references]
 *
 * Draws every board in both themes into e2e/panel/gallery/out, and tells what a machine finds wrong with them. Or takes
 * the small pictures anew that gallery.test.ts compares with: look at them before they are committed.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { shootArcs, thumbnail, writeReference } from './arcs';
import { type BoardName, boards } from './boards';
import { Gallery, type Theme } from './gallery';

const out = path.join(__dirname, 'out');

async function takeReferences(gallery: Gallery, themes: readonly Theme[]): Promise<void> {
  for (const theme of themes) {
    const page = await gallery.open('arcs', theme);
    for (const [arc, png] of await shootArcs(page)) writeReference(arc, theme, await thumbnail(page, png));
  }
  await gallery.browser.closeViews();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      board: { type: 'string', multiple: true, default: Object.keys(boards) },
      theme: { type: 'string', multiple: true, default: ['light', 'dark'] },
      grafana: { type: 'string', default: '13' },
      references: { type: 'boolean', default: false },
    },
  });
  const gallery = await Gallery.start(values.grafana === '12' ? 12 : 13);
  mkdirSync(out, { recursive: true });
  try {
    if (values.references) return await takeReferences(gallery, values.theme as Theme[]);
    for (const board of values.board as BoardName[]) {
      for (const theme of values.theme as Theme[]) {
        const page = await gallery.open(board, theme);
        const file = path.join(out, `${board.replaceAll(' ', '-')}-${theme}.png`);
        await page.screenshot({ path: file, fullPage: true, animations: 'disabled' });
        const faults = await page.evaluate<string[]>('inPanel.faults()');
        process.stdout.write(
          [path.relative('', file), ...faults.map((fault) => `  ${fault}`), ''].join('\n'),
        );
        await page.context().close();
      }
    }
    await gallery.browser.closeViews();
  } finally {
    await gallery.dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`panel:gallery: ${String(error)}\n`);
  process.exit(1);
});
