// Runs inside a page with one panel: puts a stop-watch around the plugin's component.
globalThis.inBench = {
  /**
   * From now on every drawing is measured: from the moment React calls the panel's component to the moment its whole
   * tree is in the document. The host is built for production, as Grafana is.
   */
  async start() {
    const { createElement, useLayoutEffect } = await System.import('react');
    const { plugin } = await System.import(
      `${location.origin}/public/plugins/selfcheer-cheermeter-panel/module.js`,
    );
    const Panel = plugin.panel;
    const taps = new WeakMap();
    let reads = 0;
    let draws = [];
    /** The same series, but it is known when someone looks into the first: to watch them all would take its time, too. */
    const tapped = (series) => {
      if (!taps.has(series)) {
        const get = (target, key) => {
          if (key === 'fields') reads += 1;
          return target[key];
        };
        taps.set(series, [new Proxy(series[0], { get }), ...series.slice(1)]);
      }
      return taps.get(series);
    };
    const dataOf = new WeakMap();
    plugin.panel = function Measured(props) {
      if (!dataOf.has(props.data))
        dataOf.set(props.data, { ...props.data, series: tapped(props.data.series) });
      const began = performance.now();
      useLayoutEffect(() => {
        const { width, height } = props;
        draws.push({ ms: performance.now() - began, reads, width, height, series: props.data.series.length });
        reads = 0;
      });
      return createElement(Panel, { ...props, data: dataOf.get(props.data) });
    };
    this.take = () => draws.splice(0);
  },
  /** What was drawn since the last call. */
  take: () => [],
  /** A range that does not end now is the same after a refresh: the queries are asked again all the same. */
  refresh: () => panelHost.panel(1).state.$data.runQueries(),
};
