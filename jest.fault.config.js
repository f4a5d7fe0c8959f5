const base = require('./jest.config.js');
// The reporter is loaded by Jest itself, which does not transform it.
require('tsx/cjs');

/** The fault suite; `npm run fault`. @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/exporter/test/fault'],
  testMatch: ['<rootDir>/exporter/test/fault/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  reporters: ['default', '<rootDir>/exporter/test/fault/support/reporter.ts'],
  // One row after the other: each has the machine for itself.
  maxWorkers: 1,
};
