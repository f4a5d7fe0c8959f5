const base = require('./jest.config.js');

/** System tests against real parts; `npm test` leaves them out. @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/e2e'],
  testMatch: ['<rootDir>/e2e/**/*.test.ts'],
  maxWorkers: 1,
  testTimeout: 120_000,
};
