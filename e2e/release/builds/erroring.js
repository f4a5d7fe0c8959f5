'use strict';
// Answers each twentieth request with 500.
const { change, wrap } = require('./build');

const every = 20;

change('pipeline.js', ({ Pipeline }) => {
  let requests = 0;
  wrap(
    Pipeline.prototype,
    'append',
    (append) =>
      async function sometimes(events) {
        requests += 1;
        if (requests % every === 0) throw new TypeError('a planted bug');
        return append.call(this, events);
      },
  );
});
