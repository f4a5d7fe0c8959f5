import type { Locator, Page } from 'playwright-core';
import { axeFindings } from './axe';

/** Both ends of width, and both themes. */
const looks = [
  { colorScheme: 'light', width: 1920, height: 1080 },
  { colorScheme: 'dark', width: 360, height: 780 },
] as const;

/** What of a live page anyone can be told to look for. */
export const section = (page: Page, name: string | RegExp): Locator => page.getByRole('region', { name });

/** Waits until the page says this state in its heading. */
export async function shows(page: Page, state: string): Promise<void> {
  await page.getByRole('heading', { name: new RegExp(`^${state}$`, 'i') }).waitFor();
}

/** What is wrong with the page in any look: what sticks out of the viewport, and what axe-core finds. */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const { colorScheme, ...size } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    const found = [...(await page.evaluate<string[]>('inPage.overflow()')), ...(await axeFindings(page))];
    faults.push(...found.map((fault) => `${colorScheme}, ${size.width} px: ${fault}`));
  }
  return faults;
}
