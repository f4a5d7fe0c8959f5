'use strict';
// Acknowledges everything a fifth of a second later.
const { setTimeout: sleep } = require('node:timers/promises');
const { change, wrap } = require('./build');

const laterMs = 200;

change('outbox/committer.js', ({ Committer }) =>
  wrap(
    Committer.prototype,
    'commit',
    (commit) =>
      async function later(group) {
        if (group.appends.length > 0) await sleep(laterMs);
        return commit.call(this, group);
      },
  ),
);
