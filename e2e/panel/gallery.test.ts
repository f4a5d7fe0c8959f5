import { reference, shootArcs, thumbnail } from './gallery/arcs';
import { type BoardName, boards } from './gallery/boards';
import { Gallery, type Theme } from './gallery/gallery';

const themes: readonly Theme[] = ['light', 'dark'];

/** What each state is painted in: told apart by colour-blind people too. */
const paints = {
  light: {
    green: '#007f6e',
    yellow: '#bf7f00',
    red: '#bd210b',
    warming: '#2c66d6',
    disabled: '#737884',
    stale: '#737884',
    nan: '#737884',
  },
  dark: {
    green: '#2ecfae',
    yellow: '#ffd24a',
    red: '#f4573b',
    warming: '#78abff',
    disabled: '#9298a6',
    stale: '#9298a6',
    nan: '#9298a6',
  },
} as const;

/** Thumbnails that differ less than this show the same. */
const alike = 0.006;

let gallery: Gallery;

beforeAll(async () => {
  gallery = await Gallery.start();
});

afterEach(() => gallery.browser.closeViews());
afterAll(() => gallery?.dispose());

const looks = (Object.keys(boards) as BoardName[]).flatMap((board) =>
  themes.map((theme) => [board, theme] as const),
);

test.each(looks)(
  'board %s, %s: nothing sticks out, is cut off without a word, or lies over something else',
  async (board, theme) => {
    const page = await gallery.open(board, theme);
    expect(await page.evaluate('inPanel.faults()')).toEqual([]);
  },
);

test.each([
  ['ticker', 'ticker'],
  ['medium', 'meter'],
  ['large', 'meter'],
  ['twelve', 'grid'],
  ['two hundred', 'grid'],
] as const)('what there is room for on board %s is a %s', async (board, layout) => {
  const page = await gallery.open(board, 'dark');
  const panels = await page.evaluate<{ layout: string; status: string }[]>('inPanel.panels()');
  const drawn = panels.filter(({ status }) => status === 'ok').map((panel) => panel.layout);
  expect(new Set(drawn)).toEqual(new Set([layout]));
  const unlike = boards[board].filter(
    ({ scenario }) => !['no data', 'wrong data', 'error'].includes(scenario),
  );
  expect(drawn).toHaveLength(unlike.length);
});

describe.each(themes)('rings in %s', (theme) => {
  test('are painted in the colour of the state, and look as they did', async () => {
    const page = await gallery.open('arcs', theme);
    for (const [state, png] of await shootArcs(page)) {
      const share = await page.evaluate<number>(`inPanel.share('${png}', '${paints[theme][state]}')`);
      // A red one is nearly empty: its glyph at least.
      expect([state, share > 0.02]).toEqual([state, true]);
      const small = await thumbnail(page, png);
      const apart = await page.evaluate<number>(
        `inPanel.difference('${small}', '${reference(state, theme)}')`,
      );
      expect([state, apart < alike]).toEqual([state, true]);
    }
  });

  test('no two states have the same shape', async () => {
    const page = await gallery.open('arcs', theme);
    const small: string[] = [];
    for (const [, png] of await shootArcs(page)) small.push(await thumbnail(page, png));
    const apart: number[] = [];
    for (const [index, one] of small.entries()) {
      for (const other of small.slice(index + 1))
        apart.push(await page.evaluate<number>(`inPanel.difference('${one}', '${other}')`));
    }
    expect(Math.min(...apart)).toBeGreaterThan(2 * alike);
  });
});
