import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { TestBrowser, untilIn } from '../helpers/browser';
import { ExporterProcess } from '../helpers/exporter-process';
import { patient } from '../helpers/page-scene';

/*
 * The page while 10,000 events a second go through: it shows them, and they cost it no more than silence does.
 */

const perSecond = 12_000;
const perRequest = 1_000;
const atOnce = 6;
const updates = 3;
/** For a machine that does much else. */
const longestMs = 90_000;

let browser: TestBrowser;
let exporter: ExporterProcess;

beforeAll(async () => {
  await Promise.all([
    ExporterProcess.start({ ...patient, SELFCHEER_ENRICH: '[]' }).then((started) => (exporter = started)),
    TestBrowser.launch().then((launched) => (browser = launched)),
  ]);
});

afterEach(() => browser.closeViews());

afterAll(async () => {
  await browser?.close();
  await exporter?.dispose();
});

/** Sends at a steady rate until it is stopped, and makes up for what it missed; resolves with how many were accepted. */
function startLoad(): { stop(): Promise<number> } {
  const ended = new AbortController();
  let next = 0;
  let accepted = 0;
  const began = performance.now();
  const sender = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const due = ((performance.now() - began) / 1000) * perSecond;
      if (next * perRequest > due) {
        await sleep(5);
        continue;
      }
      const request = next++;
      const lines = Array.from(
        { length: perRequest },
        (_, n) => `{"event_id":"load-${request}-${n}","payload":{"request":${request},"n":${n}}}`,
      );
      const answer = await exporter.post(lines.join('\n'), { 'content-type': 'application/x-ndjson' });
      accepted += ((await answer.json()) as { accepted?: number }).accepted ?? 0;
    }
  };
  const senders = Array.from({ length: atOnce }, sender);
  return {
    async stop() {
      ended.abort();
      await Promise.all(senders);
      return accepted;
    },
  };
}

interface Cost {
  readonly draws: number;
  readonly layouts: number;
  readonly elements: number;
}

/** What so many updates of the page cost it: counts, because times depend on the machine. */
async function costOfUpdates(page: Page): Promise<Cost> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const look = async (): Promise<Cost> => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    const layouts = metrics.find(({ name }) => name === 'LayoutCount')?.value ?? NaN;
    const [draws, elements] = await page.evaluate<[number, number]>('[inPage.draws(), inPage.elements()]');
    return { draws, layouts, elements };
  };
  const stamp = async (): Promise<string> => (await page.getByText(/^Updated /).textContent()) ?? '';
  const before = await look();
  for (let seen = 0, last = await stamp(); seen < updates; await sleep(50)) {
    const now = await stamp();
    if (now !== last) seen += 1;
    last = now;
  }
  const after = await look();
  await cdp.detach();
  return {
    draws: after.draws - before.draws,
    layouts: after.layouts - before.layouts,
    elements: after.elements - before.elements,
  };
}

/** The rate that a stage of the pipeline shows. */
const rateOf = (stage: string): string =>
  `[...document.querySelectorAll('li')].filter((item) => item.querySelector('h3')?.textContent === '${stage}')
    .map((item) => /([\\d,.]+)\\s*\\/s/.exec(item.textContent)?.[1]?.replaceAll(',', '') ?? '0').map(Number)[0] ?? 0`;

test('shows 10,000 events a second, as cheap as silence, and every single one in the end', async () => {
  // Motion would draw by the frame, and frames depend on the machine.
  const page = await browser.open(`http://${exporter.addresses.admin}/`, { reducedMotion: true });
  await page.getByRole('heading', { name: /^green$/i }).waitFor();
  const quiet = await costOfUpdates(page);

  const load = startLoad();
  let busy: Cost;
  let sent = 0;
  try {
    await untilIn<number>(page, rateOf('ingest'), (rate) => rate >= 10_000, longestMs);
    busy = await costOfUpdates(page);
    await untilIn<number>(page, rateOf('publish'), (rate) => rate > 0, longestMs);
  } finally {
    sent = await load.stop();
  }
  await exporter.settled();

  // Drawn by the clock, not by the event.
  expect(quiet.draws).toBeGreaterThan(0);
  expect(busy.draws).toBeLessThanOrEqual(4 * quiet.draws + updates);
  expect(busy.layouts).toBeLessThanOrEqual(4 * quiet.layouts + 10 * updates);
  expect(busy.elements).toBeLessThan(200);

  const { stages } = (await (await exporter.admin('/api/v1/pipeline')).json()) as {
    stages: { name: string; total: number }[];
  };
  const total = stages.find(({ name }) => name === 'ingest')?.total ?? 0;
  expect(total).toBeGreaterThanOrEqual(sent);
  expect(sent).toBeGreaterThan(updates * 5_000);
  await page
    .getByText(new RegExp(`^${total.toLocaleString('en-US')} since the start`))
    .first()
    .waitFor();
  await page.getByRole('heading', { name: /^green$/i }).waitFor();
}, 240_000);
