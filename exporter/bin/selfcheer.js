#!/usr/bin/env node
'use strict';
// Starts the built CLI. It stands in the repository so that `npm ci` can link it before the first build.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist', 'main.js');
if (!existsSync(main)) {
  process.stderr.write('selfcheer: not built yet. Run `npm run build` in the repository first.\n');
  process.exit(2);
}
require(main);
