/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/cheer-kit/src',
    '<rootDir>/exporter',
    '<rootDir>/provisioning/src',
    '<rootDir>/deploy/src',
    '<rootDir>/deploy/release',
  ],
  testMatch: ['**/*.test.ts'],
  // A bound, and no measure: on a machine with other work a second may take several.
  testTimeout: 30_000,
  // The rows of the fault suite have a configuration of their own; what they stand on is tested here.
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/test/fault/[^/]+$'],
  modulePathIgnorePatterns: ['/dist/package.json'],
  moduleNameMapper: {
    '^@selfcheer/cheer-kit$': '<rootDir>/cheer-kit/src/index.ts',
    // What `config check` loads when it is called: import() names the built file.
    '^(\\.\\./(?:auth/authentication|auth/bind-policy|flags|registration|sidecar/targets-app|enrich/enricher|conform/(?:run|report)|release/run)|\\./(?:sidecar-journal|verify-record))\\.js$':
      '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
};
