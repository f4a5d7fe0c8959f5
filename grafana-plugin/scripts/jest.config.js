const { transform } = require('../jest.config');

// The tools run in Node.js, and not in a browser like the panel.
module.exports = { rootDir: '..', roots: ['<rootDir>/scripts'], testEnvironment: 'node', transform };
