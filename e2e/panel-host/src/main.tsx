import { createTheme, setWeekStart, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { config, getAppEvents, ThemeChangedEvent } from '@grafana/runtime';
import { type EmbeddedScene, sceneGraph, type SceneRefreshPicker, VizPanel } from '@grafana/scenes';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';
import { type DashboardModel } from './dashboard';
import { toScene } from './dashboard-scene';
import { startSystem } from './plugin-loader';
import { fillRegistries } from './registries';
import { setServices } from './services';

type ThemeName = 'light' | 'dark';

declare global {
  interface Window {
    /** What tests and benches steer the page by. */
    panelHost?: {
      readonly scene: EmbeddedScene;
      /** The panel with this id of the dashboard: its `state`, `onOptionsChange`, `onFieldConfigChange`. */
      panel(id: number): VizPanel;
      /** As when the user changes it in the profile: nothing is loaded anew. */
      setTheme(name: ThemeName): void;
      /** Asks all queries again, over a range that ends now. */
      refresh(): void;
    };
  }
}

const root = createRoot(document.getElementById('root') ?? document.body);
const address = new URLSearchParams(location.search);

function draw(scene: EmbeddedScene, theme: ThemeName): void {
  config.theme2 = createTheme({ colors: { mode: theme } });
  document.documentElement.style.colorScheme = theme;
  document.body.className = `theme-${theme}`;
  root.render(
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <BrowserRouter>
        <main className="host">
          <scene.Component model={scene} />
        </main>
      </BrowserRouter>
      <PortalContainer />
    </ThemeContext.Provider>,
  );
}

function findPanel(scene: EmbeddedScene, id: number): VizPanel {
  const found = sceneGraph.findObject(scene, (object) => object.state.key === `panel-${id}`);
  if (!(found instanceof VizPanel)) throw new Error(`there is no panel ${id}`);
  return found;
}

async function main(): Promise<void> {
  const dashboard = (await (await fetch(`/api${location.pathname}`)).json()) as DashboardModel;
  document.title = dashboard.title ?? 'Panel host';
  await initPluginTranslations('grafana-scenes');
  setWeekStart('monday');
  fillRegistries();
  const theme: ThemeName = address.get('theme') === 'light' ? 'light' : 'dark';
  config.theme2 = createTheme({ colors: { mode: theme } });
  setServices(Number(document.documentElement.dataset['scrapeSeconds']));
  // After all that: the shared packages are handed over as they are now.
  await startSystem();
  const scene = toScene(dashboard, address);
  window.panelHost = {
    scene,
    panel: (id) => findPanel(scene, id),
    setTheme(name) {
      draw(scene, name);
      getAppEvents().publish(new ThemeChangedEvent(config.theme2));
    },
    refresh: () => {
      const picker = scene.state.controls?.find(
        (control): control is SceneRefreshPicker => 'onRefresh' in control,
      );
      if (picker) picker.onRefresh();
      else sceneGraph.getTimeRange(scene).onRefresh();
    },
  };
  draw(scene, theme);
}

main().catch((error: unknown) => {
  // On the console: tests fail on it.
  console.error(error);
  document.body.append(String(error));
});
