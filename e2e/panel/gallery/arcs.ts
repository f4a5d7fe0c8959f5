import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { arcs } from './boards';
import type { Theme } from './gallery';

type Arc = (typeof arcs)[number];

const fileOf = (arc: Arc, theme: Theme): string =>
  path.join(__dirname, 'references', `${arc === 'nan' ? 'unknown' : arc}-${theme}.png`);

/** The rings of the board `arcs` without their letters, which each machine draws its own way; base64 PNG by scenario. */
export async function shootArcs(page: Page): Promise<Map<Arc, string>> {
  await page.addStyleTag({ content: '[data-testid="cheer-service"] text { visibility: hidden; }' });
  const found = new Map<Arc, string>();
  for (const [index, arc] of arcs.entries()) {
    const panel = page.locator('[data-testid="cheer-meter"]').nth(index);
    // The first drawing in a meter is its ring, together with the glyph in the same box.
    const ring = panel.locator('[data-testid="cheer-service"] svg').first().locator('..');
    const picture = await ring.screenshot({ animations: 'disabled' });
    found.set(arc, picture.toString('base64'));
  }
  return found;
}

export async function thumbnail(page: Page, png: string): Promise<string> {
  return page.evaluate<string>(`inPanel.thumbnail('${png}')`);
}

export const reference = (arc: Arc, theme: Theme): string => readFileSync(fileOf(arc, theme), 'base64');

export function writeReference(arc: Arc, theme: Theme, png: string): void {
  writeFileSync(fileOf(arc, theme), Buffer.from(png, 'base64'));
}
