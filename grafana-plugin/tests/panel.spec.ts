/*
 * Needs a Grafana server with the built panel and the provisioned sample: docker compose up -d && npm run e2e.
 * Not run in this repository, where there is none; type-checked and listed only.
 */
import { expect, test } from '@grafana/plugin-e2e';

const sample = { fileName: 'sample.json' };
/** Panels of the sample dashboard, by id. */
const panels = { ticker: '1', meter: '2', grid: '3', table: '4', empty: '6', unusable: '7' };
const meter = '[data-testid="cheer-meter"]';
const service = '[data-testid="cheer-service"]';

test.describe('on the provisioned dashboard', () => {
  for (const { layout, id } of [
    { layout: 'ticker', id: panels.ticker },
    { layout: 'meter', id: panels.meter },
    { layout: 'grid', id: panels.grid },
  ]) {
    test(`draws the ${layout}`, async ({ gotoDashboardPage, readProvisionedDashboard }) => {
      const dashboard = await gotoDashboardPage(await readProvisionedDashboard(sample));
      const panel = await dashboard.getPanelById(id);
      await expect(panel.locator.locator(meter)).toHaveAttribute('data-layout', layout);
      await expect(panel.locator.locator(meter)).toHaveAttribute('data-status', 'ok');
    });
  }

  test('shows a tile for each service', async ({ gotoDashboardPage, readProvisionedDashboard }) => {
    const dashboard = await gotoDashboardPage(await readProvisionedDashboard(sample));
    const panel = await dashboard.getPanelById(panels.grid);
    await expect(panel.locator.locator(service)).toHaveCount(12);
  });

  test('says what is missing', async ({ gotoDashboardPage, readProvisionedDashboard }) => {
    const dashboard = await gotoDashboardPage(await readProvisionedDashboard(sample));
    const empty = await dashboard.getPanelById(panels.empty);
    await expect(empty.locator.locator(meter)).toHaveAttribute('data-status', 'empty');
    const unusable = await dashboard.getPanelById(panels.unusable);
    await expect(unusable.locator.locator(meter)).toHaveAttribute('data-status', 'unusable');
  });
});

test.describe('in the panel editor', () => {
  test('draws a query that is named after a role, without configuration', async ({
    panelEditPage,
    readProvisionedDataSource,
  }) => {
    const { name } = await readProvisionedDataSource({ fileName: 'testdata.yaml' });
    await panelEditPage.datasource.set(name);
    await panelEditPage.setVisualization('Cheer-meter');
    await panelEditPage.mockQueryDataResponse(
      {
        results: {
          score: {
            status: 200,
            frames: [
              {
                schema: {
                  refId: 'score',
                  fields: [
                    { name: 'service', type: 'string' },
                    { name: 'score', type: 'number' },
                  ],
                },
                data: { values: [['orders'], [97]] },
              },
            ],
          },
        },
      },
      200
    );
    await expect(panelEditPage.refreshPanel()).toBeOK();
    await expect(panelEditPage.panel.locator.locator(service)).toHaveAttribute('data-state', 'green');
  });

  test('changes the layout by its option', async ({ gotoPanelEditPage, readProvisionedDashboard }) => {
    const dashboard = await readProvisionedDashboard(sample);
    const editor = await gotoPanelEditPage({ dashboard, id: panels.grid });
    await editor.getCustomOptions('Cheer-meter').getRadioGroup('Layout').check('Ticker');
    await expect(editor.panel.locator.locator(meter)).toHaveAttribute('data-layout', 'ticker');
  });

  test('offers the labels of the data to group by', async ({ gotoPanelEditPage, page, readProvisionedDashboard }) => {
    const dashboard = await readProvisionedDashboard(sample);
    const editor = await gotoPanelEditPage({ dashboard, id: panels.grid });
    await editor.getCustomOptions('Grid').getSelect('Group by').locator().click();
    await expect(page.getByRole('option', { name: 'service' })).toBeVisible();
  });
});
