// force timezone to UTC to allow tests to work regardless of local timezone
// generally used by snapshots, but can affect specific tests
process.env.TZ = 'UTC';

const scaffolded = require('./.config/jest.config');
const [transformer] = Object.values(scaffolded.transform);

module.exports = {
  // Jest configuration provided by Grafana scaffolding
  ...scaffolded,
  // Some packages of Grafana 12.4 and later ship .mjs files.
  transform: { '^.+\\.m?(t|j)sx?$': transformer },
  // A bound, and no measure: on a machine with other work a second may take several.
  testTimeout: 30_000,
};
