import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Longest wait for anything that a page should show. */
const patienceMs = 30_000;
const names = ['chromium', 'chromium-browser', 'google-chrome'];

export interface ViewOptions {
  readonly theme?: 'light' | 'dark';
  /** CSS pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: boolean;
  /** What `Date` says all the time, epoch ms; timers go on. The true time when absent. */
  readonly now?: number;
  /** What the console may say here; nothing when absent. */
  readonly allowed?: RegExp;
}

interface View {
  readonly page: Page;
  readonly problems: string[];
}

function executable(): string {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  for (const file of names.flatMap((name) => folders.map((folder) => path.join(folder, name)))) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there: the next one.
    }
  }
  throw new Error(`no Chromium was found (${names.join(', ')}): npm run test:system installs it`);
}

/**
 * A real Chromium whose pages are watched: an error or a warning on the console, an uncaught error, a violation of the
 * content security policy and a request to another origin are problems, which `closeViews` throws. It ends with the
 * process that launched it, however that ends.
 */
export class TestBrowser {
  private readonly views: View[] = [];

  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(
      await chromium.launch({
        executablePath: executable(),
        timeout: patienceMs,
        // Grey instead of coloured edges of letters: the same picture on every machine.
        args: ['--disable-lcd-text', '--font-render-hinting=none'],
      }),
    );
  }

  /** Opens an address in a profile of its own and waits until the document is loaded, not for its data. */
  async open(url: string, options: ViewOptions = {}): Promise<Page> {
    const { theme = 'light', width = 1280, height = 900, reducedMotion = false, now, allowed } = options;
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    context.setDefaultTimeout(patienceMs);
    await context.addInitScript({ path: path.join(__dirname, 'in-page.js') });
    const page = await context.newPage();
    if (now !== undefined) await page.clock.setFixedTime(now);
    const problems: string[] = [];
    const note = (what: string): void => {
      if (!allowed?.test(what)) problems.push(what);
    };
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        note(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => note(`uncaught: ${error.message}`));
    const { origin } = new URL(url);
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin && !request.url().startsWith('data:'))
        note(`a request to ${request.url()}`);
    });
    this.views.push({ page, problems });
    await page.goto(url, { waitUntil: 'load' });
    return page;
  }

  /** Closes all pages. @throws Error with what went wrong in them. */
  async closeViews(): Promise<void> {
    const views = this.views.splice(0);
    // First of all: a page that is closed says nothing of its own accord.
    const problems = views.flatMap((view) => view.problems.splice(0));
    await Promise.all(views.map(({ page }) => page.context().close()));
    if (problems.length > 0) throw new Error(`the page had problems:\n${problems.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** Looks until the page says so; rejects with what it said last. */
export async function untilIn<T>(
  page: Page,
  expression: string,
  holds: (value: T) => boolean,
  withinMs = patienceMs,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await page.evaluate<T>(expression);
    if (holds(value)) return value;
    if (performance.now() > end)
      throw new Error(`not within ${withinMs / 1000} s: ${expression}; last ${JSON.stringify(value)}`);
    await page.waitForTimeout(50);
  }
}
