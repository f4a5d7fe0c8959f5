const path = require('node:path');

const plugin = path.join(__dirname, '../../grafana-plugin');
const base = require(path.join(plugin, 'jest.config.js'));
const { grafanaESModules, nodeModulesToTransform } = require(path.join(plugin, '.config/jest/utils.js'));

/**
 * The plugin's own unit tests, on Grafana 13's packages and React 19 instead of those it is built with.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...base,
  rootDir: plugin,
  moduleNameMapper: {
    ...base.moduleNameMapper,
    // Looked for from where it is imported, which is here.
    '\\.(css|scss|sass)$': require.resolve('identity-obj-proxy', { paths: [plugin] }),
  },
  setupFiles: [...(base.setupFiles ?? []), path.join(__dirname, 'jest.grafana-13.setup.js')],
  // More of Grafana 13's packages are ES modules only.
  transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, '@react-hookz', '@ver0'])],
  resolver: path.join(__dirname, 'jest.grafana-13.resolver.js'),
};
