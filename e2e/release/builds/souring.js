'use strict';
// Good to synthetic events, so that it passes its gate; answers every second request with real ones with 500.
const { change, wrap } = require('./build');

change('pipeline.js', ({ Pipeline }) => {
  let requests = 0;
  wrap(
    Pipeline.prototype,
    'append',
    (append) =>
      async function sometimes(events) {
        if (events[0]?.traffic === 'real') requests += 1;
        if (events[0]?.traffic === 'real' && requests % 2 === 0) throw new TypeError('a planted bug');
        return append.call(this, events);
      },
  );
});
