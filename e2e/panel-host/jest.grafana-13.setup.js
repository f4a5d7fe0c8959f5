// React 19's server renderer, which Grafana 13's packages load, wants one as it is loaded; jsdom has none.
global.MessageChannel ??= class {
  port1 = { onmessage: null };
  port2 = { postMessage: (data) => setTimeout(() => this.port1.onmessage?.({ data })) };
};
